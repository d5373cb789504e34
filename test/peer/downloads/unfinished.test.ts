import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { openDatabase } from '#src/io/disk/database.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';
import { Unfinished } from '#src/peer/downloads/unfinished.js';
import type { Home } from '#src/peer/home.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';

const idOf = (digit: string) => digit.repeat(64) as ContentId;

function recordOf(id: ContentId, draft?: ContentId): DownloadRecord {
  const place = { target: '/downloads/film', mayRename: true, staging: `/staging/${id}` };
  return { id, name: 'film', ...place, ...(draft && { draft }) };
}

describe('what its user wants elsewhere', () => {
  const id = idOf('c');

  async function scene(record: Partial<DownloadRecord>) {
    const { database } = await openDatabase(newFolder());
    onTestFinished(() => database.close());
    const folders = { downloads: newFolder() };
    const unfinished = new Unfinished({ database, folders } as unknown as Home);
    const staging = stagingFolder(newFolder(), id);
    mkdirSync(staging, { recursive: true });
    writeFileSync(join(staging, 'journal'), 'what arrived');
    await database.put('downloads', id, { ...recordOf(id, idOf('d')), staging, ...record });
    return { unfinished, staging };
  }

  it('moves there with what arrived, joins nothing, and stays private where it was sent', async () => {
    const { unfinished, staging } = await scene({ isPrivate: true, into: '/photos' });
    const folder = newFolder();
    const to = `${folder}/`;
    const record = await unfinished.begin(id, 'film', to, { isPaused: false });
    expect(record).toMatchObject({
      target: join(folder, 'film'),
      draft: idOf('d'),
      isPrivate: true,
    });
    expect(record).not.toHaveProperty('into');
    expect(record).not.toHaveProperty('leftAt');
    expect(readFileSync(join(record.staging, 'journal'), 'utf8')).toBe('what arrived');
    expect(existsSync(dirname(staging))).toBe(false);
  });

  it('is private no more where it is sent to all since', async () => {
    const { unfinished } = await scene({ isPrivate: true });
    const said = { from: OTHER_ID, fromName: 'ben' };
    expect(await unfinished.begin(id, 'film', `${newFolder()}/`, said)).not.toHaveProperty(
      'isPrivate',
    );
  });

  it.skipIf(process.platform !== 'linux')('knows what stays on another disk', async () => {
    const { unfinished, staging } = await scene({});
    const folder = mkdtempSync('/dev/shm/p2p ');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const record = await unfinished.begin(id, 'film', `${folder}/`, {});
    expect(record.leftAt).toEqual([staging]);
    const again = await unfinished.begin(id, 'film', `${folder}/`, {});
    expect(again.leftAt).toEqual([staging]);
  });

  it('is known to stay where its disk is not there, or something lies at the new place already', async () => {
    const unplugged = join(newFolder(), 'unplugged', '.p2p-partial', id);
    const gone = await scene({ staging: unplugged });
    const elsewhere = await gone.unfinished.begin(id, 'film', `${newFolder()}/`, {});
    expect(elsewhere.leftAt).toEqual([unplugged]);
    const { unfinished, staging } = await scene({});
    const folder = newFolder();
    const there = stagingFolder(folder, id);
    mkdirSync(there, { recursive: true });
    writeFileSync(join(there, 'journal'), 'of before');
    const record = await unfinished.begin(id, 'film', `${folder}/`, {});
    expect(record.leftAt).toEqual([staging]);
  });

  it('leaves nothing behind where nothing was staged', async () => {
    const { unfinished } = await scene({ staging: stagingFolder(newFolder(), id) });
    const record = await unfinished.begin(id, 'film', `${newFolder()}/`, {});
    expect(record).not.toHaveProperty('leftAt');
  });

  it('is found by the id of the draft that it was begun by, too', async () => {
    const { unfinished } = await scene({});
    for (const word of ['film', 'cccc', 'dddd']) {
      expect((await unfinished.meantBy(word))?.id).toBe(id);
    }
    expect(await unfinished.meantBy('ddd')).toBeUndefined();
  });
});

describe('what is unfinished at a start', () => {
  it('is a content alone, where the power went as its draft was taken out of the list', async () => {
    const { database } = await openDatabase(newFolder());
    onTestFinished(() => database.close());
    const unfinished = new Unfinished({ database } as unknown as Home);
    const [draft, content, other] = [idOf('d'), idOf('c'), idOf('a')];
    const records = [recordOf(draft), recordOf(content, draft), recordOf(other)];
    for (const record of records) await database.put('downloads', record.id, record);
    const ids = (all: readonly DownloadRecord[]) => all.map(({ id }) => id).toSorted();
    expect(ids(await unfinished.ofBefore())).toEqual([other, content]);
    expect(ids(await unfinished.all())).toEqual([other, content]);
  });
});

it('what two say of one at once holds both, and one that has ended is not noted again', async () => {
  const { database } = await openDatabase(newFolder());
  onTestFinished(() => database.close());
  const unfinished = new Unfinished({ database } as unknown as Home);
  const id = idOf('c');
  await database.put('downloads', id, { ...recordOf(id), isPaused: true });
  await Promise.all([
    unfinished.note(id, { isPaused: false }),
    unfinished.note(id, { fromName: 'ben' }),
    unfinished.note(id, { priority: 'high' }),
  ]);
  const said = { isPaused: false, fromName: 'ben', priority: 'high' };
  expect(await unfinished.get(id)).toMatchObject(said);
  await Promise.all([unfinished.end(id), unfinished.note(id, { isPaused: true })]);
  expect(await unfinished.get(id)).toBeUndefined();
});
