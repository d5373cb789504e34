/** Manifests as somebody who wants to harm would make them: well proven, and lying. */
import { resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  comparePaths,
  encodeEntries,
  isFile,
  pathOf,
  sizeOf,
} from '#src/domain/content/entries.js';
import { chunkLength, partsOf } from '#src/domain/content/layout.js';
import { type Manifest, pagesOf, parseManifest } from '#src/domain/content/manifest.js';
import { ManifestArrival } from '#src/domain/content/manifest-arrival.js';
import { contentIdOf, PAGE_BYTES } from '#src/domain/content/manifest-root.js';
import { checkPath } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { ESCAPES } from '#test/support/hostile-names.js';
import {
  type Lie,
  type LyingManifest,
  lyingManifest,
  ROOT_FIELDS,
  type RootField,
} from '#test/support/lying-manifest.js';
import { batter, SEED } from '#test/support/mutations.js';
import { rounds } from '#test/support/rounds.js';

const MANY = rounds({ small: 3000, full: 60_000 });
/** What nobody needs for what is linear; what is quadratic takes days. */
const LINEAR_MS = 20_000;

function parsed({ file, id }: Pick<LyingManifest, 'file' | 'id'>): Manifest | string {
  try {
    return parseManifest(file, id, blake3Of);
  } catch (error) {
    if (error instanceof P2pError) return error.code;
    throw error;
  }
}

function codeOf(manifest: Pick<LyingManifest, 'file' | 'id'>): string {
  const outcome = parsed(manifest);
  return typeof outcome === 'string' ? outcome : 'taken';
}

/** One small file, as a directory lists it. */
function sound(): Lie {
  const { entries, chunkHashes } = manifestOf({ 'a/b': noise(9) });
  return {
    bytes: 9,
    entries: entries.count,
    chunks: 1,
    entryPages: [entries.bytes],
    hashPages: [chunkHashes],
  };
}

/** Empty files under these paths, each after the directories it needs. */
function listing(paths: readonly string[]): Lie {
  const kinds = new Map<string, 'file' | 'directory'>();
  for (const path of paths) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      kinds.set(path.slice(0, at), 'directory');
    }
    kinds.set(path, 'file');
  }
  const sorted = [...kinds].toSorted(([left], [right]) => comparePaths(left, right));
  const entries = encodeEntries(sorted.map(([path, kind]) => ({ path, kind, bytes: 0 })));
  return {
    bytes: 0,
    entries: entries.count,
    chunks: 0,
    entryPages: [entries.bytes],
    hashPages: [],
  };
}

/** What holds of every manifest that was taken, whoever made it. */
function checkTaken({ entries, layout, bytes }: Manifest): void {
  let inEntries = 0;
  const base = resolve('/base');
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (isFile(entries, entry)) inEntries += sizeOf(entries, entry);
    const path = pathOf(entries, entry);
    if (path === '') continue;
    expect(checkPath(path, 'posix').kind).not.toBe('escape');
    expect(resolve(base, path).startsWith(base + sep)).toBe(true);
  }
  expect(inEntries).toBe(bytes);
  let inChunks = 0;
  for (let index = 0; index < layout.chunks; index += 1) {
    const length = chunkLength(layout, entries, index);
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThanOrEqual(layout.chunkBytes);
    expect(partsOf(layout, entries, index).reduce((sum, part) => sum + part.bytes, 0)).toBe(length);
    inChunks += length;
  }
  expect(inChunks).toBe(bytes);
}

describe('a manifest made to attack', () => {
  it.each(ESCAPES)(
    'is refused with the path %j (CVE-2025-27142, CVE-2009-1760, CVE-2026-32116)',
    (path) => {
      for (const beside of [[], ['ok']]) {
        const refusals = ['hostile', 'protocol'];
        expect(refusals).toContain(codeOf(lyingManifest(listing([...beside, path]))));
      }
    },
  );

  it('is refused with one path twice, or a file where a directory is (CVE-2021-21300)', () => {
    for (const listed of [
      ['x', 'x'],
      ['a', 'a/b'],
      ['b', 'a'],
    ]) {
      const entries = encodeEntries(listed.map((path) => ({ path, kind: 'file', bytes: 0 })));
      const lie = { bytes: 0, entries: 2, chunks: 0, entryPages: [entries.bytes], hashPages: [] };
      expect(codeOf(lyingManifest(lie)), listed.join()).toBe('protocol');
    }
  });

  it('has no third kind of entry: no link can be said, nor made (CVE-2022-42725, CVE-2017-1000420)', () => {
    const { entries, chunkHashes } = manifestOf({ 'a/b': noise(9) });
    for (let kind = 2; kind < 256; kind += 1) {
      const bytes = Buffer.from(entries.bytes);
      bytes.writeUInt8(kind, 0);
      const lie = { ...sound(), entryPages: [bytes], hashPages: [chunkHashes] };
      expect(codeOf(lyingManifest(lie))).toBe('protocol');
    }
  });

  it.each(Object.keys(ROOT_FIELDS) as RootField[])(
    'is refused with any other %s than is true, at every edge (CVE-2024-12084, CVE-2026-43618)',
    (field) => {
      const honest = lyingManifest(sound());
      expect(codeOf(honest)).toBe('taken');
      const edges = [
        0n,
        1n,
        2n ** 21n,
        2n ** 22n,
        2n ** 31n,
        2n ** 32n,
        2n ** 53n,
        2n ** 64n,
        1_000_000n,
      ];
      for (const edge of edges.flatMap((number) => [number - 1n, number, number + 1n])) {
        const lie = lyingManifest({ ...sound(), claims: { [field]: edge } });
        const before = process.memoryUsage().arrayBuffers;
        if (!Buffer.from(lie.root).equals(honest.root))
          expect(codeOf(lie), `${edge}`).toBe('protocol');
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
      }
    },
  );

  it.each([LIMITS.chunks + 1, 10_000_000, 2 ** 32 / 32, 2 ** 32 - 1])(
    'is refused with %i chunks before anything is held of it (libtorrent max_piece_count)',
    (chunks) => {
      const hashPages = Math.min(Math.ceil(chunks / 8192), 4096);
      const pages = Array.from({ length: hashPages }, () => new Uint8Array());
      const entryPages = [manifestOf({ '': noise(1) }).entries.bytes];
      const bytes = Math.min(chunks * 4 * 1024 * 1024, Number.MAX_SAFE_INTEGER);
      const lie = {
        kind: 'file' as const,
        bytes,
        entries: 1,
        chunks,
        entryPages,
        hashPages: pages,
      };
      const { id, root } = lyingManifest({ ...lie, claims: { chunkSizeLog: 22n } });
      const arrival = new ManifestArrival(id, blake3Of);
      const before = process.memoryUsage().arrayBuffers;
      expect(() => arrival.takeRoot(root)).toThrow(P2pError);
      expect(arrival.mostBytes).toBe(0);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
    },
  );

  it('is read in linear time though all of its million chunks are equal (CVE-2026-70453)', () => {
    const chunks = 2 ** 20;
    const hashPages = Array.from({ length: chunks / 8192 }, () =>
      new Uint8Array(8192 * 32).fill(5),
    );
    const bytes = chunks * 4 * 1024 * 1024;
    const entries = encodeEntries([{ path: '', kind: 'file', bytes }]);
    entries.bytes.set(blake3Of(Buffer.concat(hashPages)), entries.bytes.length - 32);
    const lie = { kind: 'file' as const, bytes, entries: 1, chunks, hashPages };
    const made = lyingManifest({
      ...lie,
      entryPages: [entries.bytes],
      claims: { chunkSizeLog: 22n },
    });
    const from = performance.now();
    expect(codeOf(made)).toBe('taken');
    expect(performance.now() - from).toBeLessThan(LINEAR_MS);
  });

  it('is refused by its root, or bounded by it, whatever the root says and whoever made its id', () => {
    const roots = [
      manifestOf({ '': noise(9) }),
      manifestOf({ 'a/b': noise(9), 'a/c/d': noise(20) }),
      manifestOf({ x: noise(3_000_000) }),
    ].map((manifest) => pagesOf(manifest).root);
    const before = process.memoryUsage().arrayBuffers;
    batter(
      roots,
      (root) => {
        const arrival = new ManifestArrival(contentIdOf(root, blake3Of), blake3Of);
        try {
          arrival.takeRoot(root);
        } catch (error) {
          if (!(error instanceof P2pError)) throw error;
          expect(['protocol', 'version']).toContain(error.code);
          expect(arrival.mostBytes).toBe(0);
          return;
        }
        // Each page that is still to come has been paid for with its hash.
        const pages = arrival.pages ?? Number.POSITIVE_INFINITY;
        expect(pages).toBeLessThanOrEqual(root.length / 32);
        expect(arrival.mostBytes).toBeLessThanOrEqual(root.length + pages * PAGE_BYTES);
      },
      MANY,
      SEED,
    );
    // What the damaged samples themselves hold until the collector comes by.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  });

  it('is taken only where it is consistent, whatever is changed in it before it is proven', () => {
    const trees = [
      { 'a/b': noise(9), 'a/c/d': noise(20), e: new Uint8Array() },
      { x: noise(300_000), y: noise(5), 'z/': new Uint8Array() },
    ].map((tree) => manifestOf(tree));
    batter(
      trees.map(({ entries }) => entries.bytes),
      (bytes) => {
        for (const { entries, layout, chunkHashes, bytes: total } of trees) {
          const lie = lyingManifest({
            bytes: total,
            entries: entries.count,
            chunks: layout.chunks,
            entryPages: [bytes],
            hashPages: [chunkHashes],
          });
          const outcome = parsed(lie);
          if (typeof outcome === 'string') expect(['protocol', 'hostile']).toContain(outcome);
          else checkTaken(outcome);
        }
      },
      MANY,
      SEED,
    );
  });
});
