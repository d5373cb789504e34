import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { openDatabase } from '#src/io/disk/database.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { Unfinished } from '#src/peer/downloads/unfinished.js';
import type { Home } from '#src/peer/home.js';
import { newFolder } from '#test/support/folders.js';

const idOf = (digit: string) => digit.repeat(64) as ContentId;

function recordOf(id: ContentId, draft?: ContentId): DownloadRecord {
  const place = { target: '/downloads/film', mayRename: true, staging: `/staging/${id}` };
  return { id, name: 'film', ...place, ...(draft && { draft }) };
}

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
