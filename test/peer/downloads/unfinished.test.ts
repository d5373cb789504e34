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

  it('forgets no place where something of it lies, and takes no more than a bound of them', async () => {
    const folders = Array.from({ length: 32 }, () => newFolder());
    const left = folders.map((folder) => join(folder, 'unplugged', '.p2p-partial', id));
    const { unfinished, staging } = await scene({ leftAt: left.slice(1) });
    // Nothing is moved to where something lies already.
    const [one, other] = [newFolder(), newFolder()];
    for (const folder of [one, other]) {
      mkdirSync(stagingFolder(folder, id), { recursive: true });
      writeFileSync(join(stagingFolder(folder, id), 'journal'), 'of before');
    }
    const record = await unfinished.begin(id, 'film', `${one}/`, {});
    expect(record.leftAt).toEqual([...left.slice(1), staging]);
    await expect(unfinished.begin(id, 'film', `${other}/`, {})).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringMatching(/^what arrived of film lies in 32 other places already: /),
    });
    expect(await unfinished.get(id)).toEqual(record);
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

describe('what was left on other disks', () => {
  const [draft, content] = [idOf('d'), idOf('c')];
  const sealed = { id: content, failed: [], failedCount: 0 };

  async function scene() {
    const { database } = await openDatabase(newFolder());
    onTestFinished(() => database.close());
    const unfinished = new Unfinished({ database } as unknown as Home);
    const folder = newFolder();
    const stage = (id: ContentId, where = newFolder()) => {
      const staging = stagingFolder(where, id);
      mkdirSync(staging, { recursive: true });
      writeFileSync(join(staging, 'journal'), id);
      return staging;
    };
    const noted = async (record: DownloadRecord) => {
      await database.put('downloads', record.id, record);
      return record;
    };
    const target = join(folder, 'film');
    const begun = (id: ContentId, more: Partial<DownloadRecord>) =>
      noted({ ...recordOf(id), target, ...more, staging: more.staging ?? stage(id, folder) });
    return { unfinished, stage, begun };
  }

  it.each(['record', 'folders'] as const)('goes with its download, the %s first', async (first) => {
    const { unfinished, stage, begun } = await scene();
    const left = stage(content);
    const record = await begun(content, { leftAt: [left] });
    await unfinished.endWhole({ ...record, leftAt: [] }, first);
    expect([record.staging, left].map((path) => existsSync(path))).toEqual([false, false]);
    expect(await unfinished.all()).toEqual([]);
  });

  it.each([
    ['record', 0],
    ['folders', 1],
  ] as const)(
    'keeps of its download, where it cannot go and the %s goes first, %i record',
    async (first, records) => {
      const { unfinished, begun } = await scene();
      const file = join(newFolder(), 'file');
      writeFileSync(file, '');
      const record = await begun(content, { leftAt: [join(file, content)] });
      await expect(unfinished.endWhole(record, first)).rejects.toMatchObject({ code: 'io' });
      expect(await unfinished.all()).toHaveLength(records);
      expect(existsSync(record.staging)).toBe(false);
    },
  );

  it('stays where another download is staged there by now', async () => {
    const { unfinished, begun } = await scene();
    const other = await begun(content, {});
    const record = await begun(draft, { leftAt: [other.staging] });
    await unfinished.endWhole(record, 'record');
    expect(existsSync(other.staging)).toBe(true);
    expect(existsSync(record.staging)).toBe(false);
  });

  it('goes where what it came to be is fetched for somebody else already', async () => {
    const { unfinished, stage, begun } = await scene();
    const left = stage(draft);
    const before = await begun(draft, { leftAt: [left] });
    const there = await begun(content, {});
    expect(await unfinished.seal(before, sealed, false)).toEqual(there);
    expect([before.staging, left].map((path) => existsSync(path))).toEqual([false, false]);
  });

  it('is known of both where what was sent before is sent once more', async () => {
    const { unfinished, stage, begun } = await scene();
    const from = OTHER_ID;
    const [mine, theirs] = [stage(draft), stage(content)];
    const before = await begun(draft, { leftAt: [mine], from });
    await begun(content, { leftAt: [theirs], from, staging: stage(content) });
    const record = await unfinished.seal(before, sealed, false);
    expect(record.leftAt).toEqual([mine, theirs]);
    expect(readFileSync(join(record.staging, 'journal'), 'utf8')).toBe(content);
  });

  it('is what could not be moved as it came to be another content', async () => {
    const { unfinished, begun } = await scene();
    const unplugged = join(newFolder(), 'unplugged', '.p2p-partial', draft);
    const before = await begun(draft, { staging: unplugged });
    const record = await unfinished.seal(before, sealed, false);
    expect(record.leftAt).toEqual([unplugged]);
  });
});

it('what hangs of one download, or of where it is to go, holds up no note of another', async () => {
  const { database } = await openDatabase(newFolder());
  onTestFinished(() => database.close());
  const [hung, other] = [idOf('c'), idOf('d')];
  const get = (table: 'downloads', id: ContentId) =>
    id === hung ? new Promise<never>(() => undefined) : database.get(table, id);
  const hanging = { get, put: database.put.bind(database) };
  const unfinished = new Unfinished({ database: hanging } as unknown as Home);
  await database.put('downloads', other, recordOf(other));
  void unfinished.note(hung, { isPaused: true });
  expect(await unfinished.note(other, { isPaused: true })).toMatchObject({ isPaused: true });
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
  await Promise.all([
    unfinished.endWhole(recordOf(id), 'record'),
    unfinished.note(id, { isPaused: true }),
  ]);
  expect(await unfinished.get(id)).toBeUndefined();
});
