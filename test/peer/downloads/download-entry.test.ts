import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endedRow, failEntry, noteCompleted, rowOf } from '#src/peer/downloads/download-entry.js';
import { staged, tree } from '#test/support/staged-content.js';

it.each([
  ['that joined a folder is noted before what was staged of it goes', true, 'record'],
  ['of its own is noted after that, for the next run finds it', false, 'folders'],
])('the end of something %s', async (_, isJoined, first) => {
  const { folder, staging, manifest } = await staged(tree, [0]);
  const path = join(folder, 'photos');
  const record = { id: manifest.id, name: 'photos', staging, ...(isJoined && { into: path }) };
  const ended: unknown[] = [];
  const unfinished = { endWhole: async (...said: unknown[]) => void ended.push(said) };
  const around = {
    received: { add: async () => undefined },
    library: { remove: () => undefined },
    tell: () => undefined,
  };
  const running = { record, startedAt: 0, brought: [], fetchedBytes: 0 };
  await noteCompleted(
    { running } as never,
    { path, manifest } as never,
    unfinished as never,
    around as never,
  );
  expect(ended).toEqual([[record, first]]);
});

it.each([
  ['says how much of it is kept', {}, { have: 3, chunks: 9 }],
  ['where there is no folder any more says nothing of what is kept', { isGone: true }, {}],
])('a download that failed %s', (_, gone, kept) => {
  const refused: unknown[] = [];
  const running = { record: { id: 'a', name: 'film' }, have: { count: 3, size: 9 } };
  const askers = { refuse: (...said: readonly unknown[]) => void refused.push(said) };
  const failure = { code: 'io', message: 'why' };
  failEntry({ running, askers } as never, { type: 'failed', ...failure, ...gone } as never);
  expect(refused).toEqual([['film', { ...failure, id: 'a', ...kept }]]);
});

it('the row of a download names whom it comes from as long as it does', () => {
  const progress = { chunks: 2, doneBytes: 1, bytes: 2, bytesPerSecond: 1, etaMs: null };
  const record = { id: 'a', name: 'film' };
  const coming = (...from: readonly string[]) => {
    const sources = from.map((peerId) => ({ peerId, transport: 'tcp' }));
    return { running: { record, sources, progress }, priority: 'normal' } as never;
  };
  expect(rowOf(coming('anna', 'ben'))).toMatchObject({ sources: 2, from: ['anna', 'ben'] });
  expect(rowOf(coming())).not.toHaveProperty('from');
  const over = endedRow(coming('anna'), 'completed');
  expect([over.sources, 'from' in over]).toEqual([0, false]);
});
