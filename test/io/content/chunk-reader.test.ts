import {
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { chunkLength } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { chunkHashOf, isChunk } from '#src/domain/content/manifest.js';
import { KiB } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { keptPath, openContent } from '#src/io/content/chunk-reader.js';
import { indexContent } from '#src/io/content/content-index.js';
import { writeFingerprints } from '#src/io/content/fingerprints.js';
import { FilePool } from '#src/io/disk/file-pool.js';
import { chunkBytesOf, manifestOf, noise } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';

const CHUNK = 256 * KiB;
const TREE = {
  'large file': noise(2 * CHUNK + 7, 1),
  'd/small': noise(1000, 2),
  'd/other': noise(3000, 3),
  'd/third': noise(CHUNK - 1, 4),
};

function newPool(limit?: number) {
  const pool = new FilePool(limit);
  onTestFinished(() => pool.close());
  return pool;
}

/** Reads a chunk the way a server does: into pieces of one buffer with gaps between them. */
async function readWith(
  source: ContentSource,
  manifest: Manifest,
  index: number,
  pool = newPool(),
) {
  const length = chunkLength(manifest.layout, manifest.entries, index);
  const buffer = new Uint8Array(length * 2 + 100);
  const targets: Uint8Array[] = [];
  for (let at = 0, gap = 9; at < length; at += 1000, gap += 9) {
    targets.push(buffer.subarray(gap + at, gap + at + Math.min(1000, length - at)));
  }
  const answer = await openContent(source, manifest, pool).readChunk(index, targets);
  return answer === 'ok' ? isChunk(manifest, index, Buffer.concat(targets), blake3Of) : answer;
}

async function shared(tree: Record<string, Uint8Array> = TREE) {
  const folder = newFolder();
  const path = join(folder, 'share');
  writeTree(path, tree);
  const fingerprints = join(folder, 'looks');
  const run = { path, known: undefined, signal: new AbortController().signal };
  const { manifest, looks } = await indexContent({ ...run, onProgress: () => undefined });
  await writeFingerprints(fingerprints, manifest.id, looks);
  const source: ContentSource = { kind: 'share', path, fingerprints };
  return { folder, path, manifest, source, fingerprints };
}

function indices(manifest: Manifest): readonly number[] {
  return Array.from({ length: manifest.layout.chunks }, (_, index) => index);
}

describe('reading chunks of a share', () => {
  it.each([TREE, { '': noise(CHUNK + 1) }, { '': noise(5) }])(
    'gives what was hashed',
    async (tree) => {
      const { manifest, source } = await shared(tree);
      for (const index of indices(manifest))
        expect(await readWith(source, manifest, index)).toBe(true);
    },
  );

  it('finds a file stale that was written, touched, replaced, linked or removed', async () => {
    const changes: ((file: string) => void)[] = [
      (file) => writeFileSync(file, noise(2 * CHUNK + 7, 9)),
      (file) => utimesSync(file, 5, 5),
      (file) => {
        writeFileSync(`${file}2`, TREE['large file']);
        renameSync(`${file}2`, file);
      },
      (file) => {
        renameSync(file, `${file}2`);
        symlinkSync(`${file}2`, file);
      },
      (file) => linkSync(file, `${file}2`),
      (file) => rmSync(file),
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ];
    for (const change of changes) {
      const { manifest, source, path } = await shared();
      const pool = newPool();
      expect(await readWith(source, manifest, 0, pool)).toBe(true);
      change(join(path, 'large file'));
      expect(await readWith(source, manifest, 1, pool)).toBe('stale');
      // The others are as they were.
      expect(await readWith(source, manifest, 3, pool)).toBe(true);
    }
  });

  it('finds only the pack stale that a changed small file is in', async () => {
    const { manifest, source, path } = await shared();
    writeFileSync(join(path, 'd/small'), noise(1000, 8));
    const answers = await Promise.all(indices(manifest).map((n) => readWith(source, manifest, n)));
    expect(answers.filter((answer) => answer === 'stale')).toHaveLength(1);
  });

  it('finds everything stale without the fingerprints of this very content', async () => {
    const { manifest, source, fingerprints } = await shared();
    const other = await shared({ '': noise(3) });
    rmSync(fingerprints);
    expect(await readWith(source, manifest, 0)).toBe('stale');
    renameSync(other.fingerprints, fingerprints);
    expect(await readWith(source, manifest, 0)).toBe('stale');
  });

  it('reads on after a file was found stale and then indexed to the same', async () => {
    const { manifest, source, path, fingerprints } = await shared();
    const pool = newPool();
    const reader = openContent(source, manifest, pool);
    const target = [new Uint8Array(CHUNK)];
    expect(await reader.readChunk(0, target)).toBe('ok');
    utimesSync(join(path, 'large file'), 5, 5);
    expect(await reader.readChunk(0, target)).toBe('stale');
    const run = { path, known: undefined, signal: new AbortController().signal };
    const { looks } = await indexContent({ ...run, onProgress: () => undefined });
    await writeFingerprints(fingerprints, manifest.id, looks);
    expect(await reader.readChunk(0, target)).toBe('ok');
  });

  it('opens a file again that was replaced by the one that was hashed last', async () => {
    const { manifest, source, path, fingerprints } = await shared();
    const pool = newPool();
    expect(await readWith(source, manifest, 0, pool)).toBe(true);
    writeFileSync(join(path, 'x'), TREE['large file']);
    renameSync(join(path, 'x'), join(path, 'large file'));
    const run = { path, known: undefined, signal: new AbortController().signal };
    const { looks } = await indexContent({ ...run, onProgress: () => undefined });
    await writeFingerprints(fingerprints, manifest.id, looks);
    expect(await readWith(source, manifest, 0, pool)).toBe(true);
  });

  it('keeps few files open, whatever is read', async () => {
    const tree: Record<string, Uint8Array> = {};
    for (let n = 0; n < 200; n += 1) tree[`f${n}`] = noise(3000, n + 1);
    const { manifest, source } = await shared(tree);
    const pool = newPool(4);
    const all = indices(manifest);
    const answers = await Promise.all(
      [...all, ...all].map((n) => readWith(source, manifest, n, pool)),
    );
    expect(new Set(answers)).toEqual(new Set([true]));
    await pool.close();
  });

  it('refuses views that do not make the chunk', async () => {
    const { manifest, source } = await shared();
    const reader = openContent(source, manifest, newPool());
    await expect(reader.readChunk(0, [new Uint8Array(3)])).rejects.toThrow(RangeError);
  });
});

describe('reading chunks of what is not whole here', () => {
  it('gives what is staged, and says what is not', async () => {
    const folder = newFolder();
    const manifest = manifestOf(TREE);
    writeTree(join(folder, 'tree'), TREE);
    const source: ContentSource = { kind: 'partial', path: folder, have: [] };
    for (const index of indices(manifest))
      expect(await readWith(source, manifest, index)).toBe(true);
    rmSync(join(folder, 'tree', 'd', 'other'));
    const answers = await Promise.all(indices(manifest).map((n) => readWith(source, manifest, n)));
    expect(answers).toContain('absent');
  });

  it('gives a staged single file', async () => {
    const folder = newFolder();
    const manifest = manifestOf({ '': noise(CHUNK + 5) });
    writeFileSync(join(folder, 'data'), noise(CHUNK + 5));
    const source: ContentSource = { kind: 'partial', path: folder, have: [] };
    expect(await readWith(source, manifest, 1)).toBe(true);
  });

  it('gives a kept chunk, and says when it is gone', async () => {
    const folder = newFolder();
    const manifest = manifestOf(TREE);
    const source: ContentSource = { kind: 'kept', path: folder, have: [] };
    expect(await readWith(source, manifest, 2)).toBe('absent');
    const path = keptPath(folder, chunkHashOf(manifest, 2));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, chunkBytesOf(TREE, manifest.entries, manifest.layout, 2));
    expect(statSync(path).size).toBe(7);
    expect(await readWith(source, manifest, 2)).toBe(true);
  });
});
