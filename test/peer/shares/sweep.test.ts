import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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
  for (const name of ['hashed', 'kept', 'stray', 'by']) await writeFile(join(manifests, name), '');
  await mkdir(segments);
  for (const name of ['hashed', 'hashed.heard']) await writeFile(join(segments, name), '');
  await writeFile(join(store, 'contents', 'kept'), '');
  const rows: Record<string, unknown> = {
    hashed: [['/a', { id: 'hashed' }]],
    downloads: [['fetched', { id: 'fetched', draft: 'by' }]],
  };
  const database = { all: async (table: string) => rows[table] ?? [] };
  const folders = { manifests, fingerprints, segments, store, uploads: join(root, 'uploads') };
  await sweepHome({ database, folders } as unknown as Home);
  const left = ['hashed', 'kept', 'by', 'stray', 'a folder/in it'].map((name) =>
    existsSync(join(manifests, name)),
  );
  expect(left).toEqual([true, true, true, false, true]);
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
