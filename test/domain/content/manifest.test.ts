import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkBytesFor } from '#src/domain/content/chunk-size.js';
import type { Listed } from '#src/domain/content/entries.js';
import { encodeEntries, pathOf } from '#src/domain/content/entries.js';
import { layoutOf } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import {
  chunkHashOf,
  encodeManifest,
  isChunk,
  pagesOf,
  parseManifest,
} from '#src/domain/content/manifest.js';
import {
  contentIdOf,
  isPage,
  pageCount,
  pageLimit,
  parseRoot,
  rootLength,
} from '#src/domain/content/manifest-root.js';
import type { ContentId } from '#src/domain/ids.js';
import { GiB, KiB, MiB } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import type { Tree } from '#test/support/contents.js';
import { chunkBytesOf, manifestOf, noise } from '#test/support/contents.js';

const CHUNK = 256 * KiB;
const NUMBERS = [0, 1, 2 ** 31, 2 ** 32 - 1, 10 ** 7];

/** A manifest whose bytes were changed by its own sender, who hashes what he made anew. */
function resealed(manifest: Manifest, change: (file: Uint8Array, view: DataView) => void) {
  const file = manifest.file.slice();
  const rootBytes = pagesOf(manifest).root.length;
  change(file, new DataView(file.buffer));
  let at = rootBytes;
  for (const [index, page] of pagesOf(manifest).pages.entries()) {
    file.set(blake3Of(file.subarray(at, at + page.length)), 31 + index * 32);
    at += page.length;
  }
  return { file, id: contentIdOf(file.subarray(0, rootBytes), blake3Of) };
}

function parse(sent: { readonly file: Uint8Array; readonly id: ContentId }): Manifest {
  return parseManifest(sent.file, sent.id, blake3Of);
}

/** What a hostile sender would make of these entries, whatever they are. */
function sealedEntries(listed: readonly Listed[]): Manifest {
  const entries = encodeEntries(listed);
  const layout = layoutOf(entries, CHUNK, blake3Of);
  const hashes = new Uint8Array(layout.chunks * 32);
  return encodeManifest('directory', entries, layout, hashes, blake3Of);
}

function directory(path: string): Listed {
  return { path, kind: 'directory', bytes: 0 };
}

describe('the chunk size', () => {
  it.each([
    [0, 256 * KiB],
    [64 * MiB, 256 * KiB],
    [64 * MiB + 1, 512 * KiB],
    [256 * MiB, 1 * MiB],
    [1 * GiB, 4 * MiB],
    [2 ** 53 - 1, 4 * MiB],
  ])('of %d bytes is %d', (total, size) => {
    expect(chunkBytesFor(total)).toBe(size);
  });
});

describe('a manifest', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])(
    'of a single file of %d bytes comes back as it was',
    (size) => {
      const tree = { '': noise(size) };
      const manifest = manifestOf(tree);
      const parsed = parse(manifest);
      expect(parsed.id).toBe(manifest.id);
      expect(parsed.kind).toBe('file');
      expect(parsed.bytes).toBe(size);
      expect(parsed.layout.chunks).toBe(Math.ceil(size / CHUNK));
      for (let index = 0; index < parsed.layout.chunks; index += 1) {
        const bytes = chunkBytesOf(tree, parsed.entries, parsed.layout, index);
        expect(isChunk(parsed, index, bytes, blake3Of)).toBe(true);
        expect(chunkHashOf(parsed, index)).toEqual(new Uint8Array(blake3Of(bytes)));
      }
    },
  );

  it('of any tree comes back as it was', () => {
    const size = fc.oneof(
      fc.constantFrom(0, 1, CHUNK - 1, CHUNK, CHUNK + 1),
      fc.integer({ min: 0, max: 2000 }),
    );
    const name = fc.constantFrom('a', 'a b', 'ü', '日本', '😀', 'a-b', '\ufeff', 'x'.repeat(255));
    const path = fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((parts) => `d/${parts.join('/')}`);
    const files = fc.array(fc.tuple(path, size), { maxLength: 12 });
    fc.assert(
      fc.property(files, (files) => {
        const tree: Record<string, Uint8Array> = { 'empty/': new Uint8Array() };
        const paths = new Set(files.map(([path]) => path));
        for (const [path, size] of files) {
          const isParent = [...paths].some((other) => other.startsWith(`${path}/`));
          if (!isParent) tree[path] = noise(size, path.length);
        }
        const manifest = manifestOf(tree);
        const parsed = parse(manifest);
        expect(parsed.entries.bytes).toEqual(manifest.entries.bytes);
        expect(parsed.layout).toEqual(manifest.layout);
        for (let index = 0; index < parsed.layout.chunks; index += 1) {
          const bytes = chunkBytesOf(tree, parsed.entries, parsed.layout, index);
          expect(isChunk(parsed, index, bytes, blake3Of)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('of an empty directory has an id and nothing else', () => {
    const parsed = parse(sealedEntries([]));
    expect([parsed.bytes, parsed.entries.count, parsed.layout.chunks]).toEqual([0, 0, 0]);
  });

  it('proves its pages one by one', () => {
    const tree: Record<string, Uint8Array> = {};
    for (let n = 0; n < 1500; n += 1) tree[`${'long name '.repeat(20)}${n}`] = noise(10, n);
    const manifest = manifestOf(tree);
    const { root: raw, pages } = pagesOf(manifest);
    const root = parseRoot(raw, manifest.id, blake3Of);
    expect(rootLength(manifest.file)).toBe(raw.length);
    expect(pageCount(root)).toBe(pages.length);
    expect(root.entryPages).toBeGreaterThan(1);
    for (const [index, page] of pages.entries()) {
      expect(page.length).toBeLessThanOrEqual(pageLimit(root, index));
      expect(isPage(root, index, page, blake3Of)).toBe(true);
      expect(isPage(root, (index + 1) % pages.length, page, blake3Of)).toBe(false);
    }
  });

  it('has the same id whatever order the files were listed in', () => {
    const tree: Tree = { b: noise(5), 'a/x': noise(6), 'a-b': noise(7) };
    const reversed = Object.fromEntries(Object.entries(tree).toReversed());
    expect(manifestOf(tree).id).toBe(manifestOf(reversed).id);
  });
});

describe('a manifest that was tampered with', () => {
  const manifest = manifestOf({ 'a/b': noise(CHUNK + 5), 'a/c': noise(100), e: new Uint8Array() });

  it('is refused wherever a single bit differs', () => {
    for (let bit = 0; bit < manifest.file.length * 8; bit += 1) {
      const file = manifest.file.slice();
      file[bit >> 3] = (file[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => parse({ file, id: manifest.id })).toThrow();
    }
  });

  it('is refused when it is longer or shorter', () => {
    for (let length = 0; length < manifest.file.length; length += 1) {
      expect(() => parse({ file: manifest.file.slice(0, length), id: manifest.id })).toThrow();
    }
    const longer = new Uint8Array(manifest.file.length + 1);
    longer.set(manifest.file);
    expect(() => parse({ file: longer, id: manifest.id })).toThrow();
  });

  // Offsets of the header's counts: total bytes (upper, lower), entries, chunks, entry pages, hash pages.
  it.each([7, 11, 15, 19, 23, 27])('is refused with any other number at byte %d', (offset) => {
    for (const number of NUMBERS) {
      const sent = resealed(manifest, (_, view) => view.setUint32(offset, number));
      const isSame = new DataView(manifest.file.buffer).getUint32(offset) === number;
      if (!isSame) expect(() => parse(sent)).toThrow(expect.objectContaining({ code: 'protocol' }));
    }
  });

  it('is refused with another version, kind or chunk size', () => {
    const change = (at: number, value: number) =>
      resealed(manifest, (file) => {
        file[at] = value;
      });
    expect(() => parse(change(4, 2))).toThrow(expect.objectContaining({ code: 'version' }));
    for (const kind of [0, 2, 255]) expect(() => parse(change(5, kind))).toThrow(/malformed/);
    for (const log2 of [0, 17, 19, 22, 255])
      expect(() => parse(change(6, log2))).toThrow(/malformed/);
  });

  it('is refused when the hash of a large or an empty file is not that of its bytes', () => {
    const tree = { big: noise(CHUNK), empty: new Uint8Array() };
    const honest = manifestOf(tree);
    for (const name of ['big', 'empty']) {
      const at = Buffer.from(honest.file).indexOf(name) + name.length + 8;
      const sent = resealed(honest, (file) => file.fill(7, at, at + 32));
      expect(() => parse(sent)).toThrow(/hash of a file/);
    }
  });

  it('is refused when a size leaves the exact numbers', () => {
    const at = Buffer.from(manifest.file).indexOf('a/c') + 3;
    const sent = resealed(manifest, (_, view) => view.setUint32(at, 2 ** 21));
    expect(() => parse(sent)).toThrow(/2\^53/);
  });
});

describe('a manifest like one that is here', () => {
  const TREE: Tree = { a: noise(10, 1), 'b/c': noise(300, 2), 'b/d': noise(CHUNK + 1, 3) };
  const like = manifestOf(TREE);
  const parsed = (sent: { readonly file: Uint8Array; readonly id: ContentId }) =>
    parseManifest(sent.file, sent.id, blake3Of, 'manifest', like);

  it('is laid out like it, and proven by its own hashes', () => {
    const other = manifestOf({ ...TREE, 'b/c': noise(300, 9) });
    const found = parsed(other);
    expect(found.layout).toBe(like.layout);
    expect(found).toEqual(parse(other));
    expect(found.chunkHashes).not.toEqual(like.chunkHashes);
  });

  it.each([
    ['another name', { a: TREE['a'], 'b/e': noise(300, 2), 'b/d': noise(CHUNK + 1, 3) }],
    ['another size', { ...TREE, 'b/c': noise(301, 2) }],
    ['one file less', { a: noise(10, 1), 'b/d': noise(CHUNK + 1, 3) }],
  ])('is laid out anew where it has %s', (_, tree) => {
    const other = manifestOf(tree as Tree);
    const found = parsed(other);
    expect(found.layout).not.toBe(like.layout);
    expect(found).toEqual(parse(other));
  });

  it('is as hostile as any where a path of the same length escapes', () => {
    const plain = sealedEntries([directory('b'), { path: 'b/cc', kind: 'file', bytes: 1 }]);
    const hostile = sealedEntries([directory('b'), { path: 'b/..', kind: 'file', bytes: 1 }]);
    expect(() => parseManifest(hostile.file, hostile.id, blake3Of, 'manifest', plain)).toThrow(
      expect.objectContaining({ code: 'hostile' }),
    );
  });
});

describe('the manifest of a hostile sender', () => {
  it.each(['..', '../x', '/etc/passwd', 'a\\b', 'c:x', '.p2p-partial', 'x'.repeat(256)])(
    'marks him as such for the path %j',
    (path) => {
      const sent = sealedEntries([directory(path)]);
      expect(() => parse(sent)).toThrow(expect.objectContaining({ code: 'hostile' }));
    },
  );

  it('is refused with entries twice, out of order, or without their directory', () => {
    expect(() => parse(sealedEntries([directory('a'), directory('a')]))).toThrow(/order/);
    expect(() => parse(sealedEntries([directory('b'), directory('a')]))).toThrow(/order/);
    expect(() => parse(sealedEntries([directory('a/b')]))).toThrow(/directory is missing/);
    const file: Listed = { path: 'a', kind: 'file', bytes: 0 };
    const below = sealedEntries([file, directory('a/b')]);
    expect(() => parse(below)).toThrow(/directory is missing/);
  });

  it('is refused when its pages are cut in another way', () => {
    const honest = sealedEntries([directory('a'), directory('b')]);
    const [page] = pagesOf(honest).pages;
    const half = (page?.length ?? 0) / 2;
    const root = new Uint8Array(31 + 64);
    root.set(honest.file.subarray(0, 31));
    new DataView(root.buffer).setUint32(23, 2);
    root.set(blake3Of(page?.subarray(0, half) ?? root), 31);
    root.set(blake3Of(page?.subarray(half) ?? root), 63);
    const file = Buffer.concat([root, page ?? root]);
    expect(() => parse({ file, id: contentIdOf(root, blake3Of) })).toThrow(/pages/);
  });

  it('is refused when a path is not UTF-8', () => {
    const honest = sealedEntries([directory('ab')]);
    const at = Buffer.from(honest.file).indexOf('ab', 63);
    expect(() => parse(resealed(honest, (file) => file.fill(0xff, at, at + 1)))).toThrow(/UTF-8/);
  });

  it('keeps a name that is only unusable on some systems', () => {
    const parsed = parse(sealedEntries([directory('CON'), directory('a\nb')]));
    expect([0, 1].map((entry) => pathOf(parsed.entries, entry))).toEqual(['CON', 'a\nb']);
  });
});
