import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { noteLayout } from '#src/io/fetch/laid-out.js';
import type { Home } from '#src/peer/home.js';
import { sweepHome } from '#src/peer/shares/sweep.js';
import { newFolder } from '#test/support/folders.js';

it('removes manifests and lists that nothing refers to, and leaves what is wanted and what is no file', async () => {
  const root = newFolder();
  const [manifests, fingerprints, segments, store] = ['manifests', 'looks', 'cuts', 'store'].map(
    (name) => join(root, name),
  ) as [string, string, string, string];
  await mkdir(join(manifests, 'a folder', 'in it'), { recursive: true });
  await mkdir(join(store, 'contents'), { recursive: true });
  const [was, before] = ['a', 'b'].map((digit) => digit.repeat(64) as ContentId) as [
    ContentId,
    ContentId,
  ];
  for (const name of ['hashed', 'kept', 'stray', 'by', was, before]) {
    await writeFile(join(manifests, name), '');
  }
  const staging = join(root, 'staged');
  await mkdir(staging);
  await noteLayout(staging, { by: was, earlier: { by: before, have: [0, 1] } });
  await mkdir(segments);
  for (const name of ['hashed', 'hashed.heard']) await writeFile(join(segments, name), '');
  await writeFile(join(store, 'contents', 'kept'), '');
  const rows: Record<string, unknown> = {
    hashed: [['/a', { id: 'hashed' }]],
    downloads: [
      ['fetched', { id: 'fetched', draft: 'by', staging }],
      ['unstaged', { id: 'unstaged', staging: join(root, 'no') }],
    ],
  };
  const database = { all: async (table: string) => rows[table] ?? [] };
  const folders = { manifests, fingerprints, segments, store, uploads: join(root, 'uploads') };
  await sweepHome({ database, folders } as unknown as Home);
  const left = ['hashed', 'kept', 'by', was, before, 'stray', 'a folder/in it'].map((name) =>
    existsSync(join(manifests, name)),
  );
  expect(left).toEqual([true, true, true, true, true, false, true]);
  expect(readdirSync(segments)).toEqual(['hashed']);
});

it('removes uploads of an earlier run, but those that are offered still', async () => {
  const root = newFolder();
  const at = (name: string) => join(root, name);
  const names = ['manifests', 'fingerprints', 'segments', 'store', 'uploads'];
  const folders = Object.fromEntries(names.map((name) => [name, at(name)]));
  for (const upload of ['one', 'several', 'ended', 'shared', 'one-more']) {
    await mkdir(join(at('uploads'), upload), { recursive: true });
    await writeFile(join(at('uploads'), upload, 'film'), '');
  }
  for (const name of names) await mkdir(at(name), { recursive: true });
  const sends = [
    ['1', { id: '', draft: 'd', isOpen: true, path: join(at('uploads'), 'one', 'film') }],
    ['2', { id: '', draft: 'd', isOpen: true, path: join(at('uploads'), 'several') }],
    ['3', { id: '', draft: 'd', isOpen: false, path: join(at('uploads'), 'ended', 'film') }],
  ];
  const database = { all: async (table: string) => (table === 'sends' ? sends : []) };
  await sweepHome({ database, folders: { ...folders, data: root } } as unknown as Home);
  expect(readdirSync(at('uploads')).toSorted()).toEqual(['one', 'several']);
});

it.each([
  ['of what is left on another disk stays', { isOfLeft: true }, true],
  ['that none of it came by goes', {}, false],
  ['stays as long as a disk is not there on which more of it may be', { isGone: true }, true],
  [
    'goes though a disk is not there, where nobody sent what is on it',
    { isGone: true, isSent: false },
    false,
  ],
])('a listing %s', async (_, scene, isKept) => {
  const {
    isOfLeft = false,
    isGone = false,
    isSent = true,
  } = scene as Partial<Record<'isOfLeft' | 'isGone' | 'isSent', boolean>>;
  const root = newFolder();
  const [manifests, left] = [join(root, 'manifests'), join(root, 'left')];
  const by = 'c'.repeat(64) as ContentId;
  await mkdir(manifests);
  await writeFile(join(manifests, by), '');
  await mkdir(left);
  await noteLayout(left, { by: isOfLeft ? by : ('d'.repeat(64) as ContentId) });
  const gone = join(root, 'unplugged', '.p2p-partial', 'e');
  const leftAt = isGone ? [left, gone] : [left];
  const record = { id: 'a', staging: join(root, 'no'), leftAt, ...(isSent && { draft: 'b' }) };
  const downloads = [['a', record]];
  const database = { all: async (table: string) => (table === 'downloads' ? downloads : []) };
  const none = join(root, 'none');
  await mkdir(none);
  const folders = {
    manifests,
    fingerprints: none,
    segments: none,
    store: none,
    uploads: none,
    data: root,
  };
  await sweepHome({ database, folders } as unknown as Home);
  expect(existsSync(join(manifests, by))).toBe(isKept);
});
