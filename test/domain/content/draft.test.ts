import { describe, expect, it } from 'vitest';
import { hintOf, listsTheSame } from '#src/domain/content/draft.js';
import { pagesOf, parseManifest } from '#src/domain/content/manifest.js';
import { ManifestArrival } from '#src/domain/content/manifest-arrival.js';
import { contentIdOf, encodeRoot } from '#src/domain/content/manifest-root.js';
import { KiB } from '#src/domain/limits.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { draftOf } from '#test/support/drafts.js';

const tree = {
  'a/': new Uint8Array(),
  'a/b': noise(600 * KiB),
  c: noise(10),
  'd/': new Uint8Array(),
};
const manifest = manifestOf(tree);
const HINTS = [
  { modifiedMs: 0, isExecutable: false },
  { modifiedMs: 1_234_567_890_123, isExecutable: true },
  { modifiedMs: -5, isExecutable: false },
];

describe('a draft', () => {
  it('lists what the manifest does, in the same chunks, before a byte of it is read', () => {
    const draft = draftOf(manifest, HINTS);
    const parsed = parseManifest(draft.file, draft.id, blake3Of, 'draft');
    expect(listsTheSame(parsed, manifest)).toBe(true);
    expect(parsed.layout).toEqual(manifest.layout);
    expect(parsed.bytes).toBe(manifest.bytes);
    expect(parsed.chunkHashes.every((byte) => byte === 0)).toBe(true);
    expect(hintOf(parsed, 1)).toEqual({ modifiedMs: 1_234_567_890_123, isExecutable: true });
    expect(hintOf(parsed, 2)).toEqual({ modifiedMs: 0, isExecutable: false });
  });

  it('arrives page by page as a manifest does, and only where a draft is wanted', () => {
    const draft = draftOf(manifest);
    const { root, pages } = pagesOf(draft);
    const arrival = new ManifestArrival(draft.id, blake3Of, 'draft');
    arrival.takeRoot(root);
    for (const page of pages) arrival.takePage(page);
    expect(Buffer.compare(arrival.finish().file, draft.file)).toBe(0);
    const ordinary = new ManifestArrival(draft.id, blake3Of);
    expect(() => ordinary.takeRoot(root)).toThrow('does not start like one');
    const other = new ManifestArrival(manifest.id, blake3Of, 'draft');
    expect(() => other.takeRoot(pagesOf(manifest).root)).toThrow('does not start like one');
  });

  it('is another one for each offer, each time and each right to run', () => {
    const other = 'f'.repeat(32) as OfferId;
    const drafts = [
      draftOf(manifest),
      draftOf(manifest, HINTS),
      draftOf(manifest, [], other),
      draftOf(manifest, [HINTS[0], { modifiedMs: 0, isExecutable: true }] as typeof HINTS),
    ];
    expect(new Set(drafts.map(({ id }) => id)).size).toBe(drafts.length);
    expect(draftOf(manifest, HINTS).id).toBe(draftOf(manifest, HINTS).id);
  });

  it.each([
    ['another name', { ...tree, c: undefined, e: noise(10) }],
    ['another size', { ...tree, c: noise(11) }],
    ['one more', { ...tree, e: noise(10) }],
    ['a folder for a file', { ...tree, c: undefined, 'c/': new Uint8Array() }],
  ])('does not list the same as a tree with %s', (_, changed) => {
    const kept = Object.entries(changed).filter(([, bytes]) => bytes !== undefined);
    const other = manifestOf(Object.fromEntries(kept) as Record<string, Uint8Array>);
    expect(listsTheSame(draftOf(manifest), other)).toBe(false);
  });

  it('says no time that is none', () => {
    const draft = draftOf(manifest);
    const bytes = draft.file.slice();
    const entries = bytes.subarray(bytes.length - 16 - draft.entries.bytes.length, -16);
    // The first file's hint stands in the place of its hash: behind kind, length, path and size.
    entries.fill(0xff, 4 + 3 + 3 + 8, 4 + 3 + 3 + 8 + 8);
    const { kind, bytes: total, layout } = draft;
    const counts = { kind, bytes: total, chunkBytes: layout.chunkBytes, entries: 4 };
    const paged = { chunks: layout.chunks, entryPages: 1, hashPages: 1 };
    const root = encodeRoot(
      { ...counts, ...paged },
      [entries, bytes.subarray(-16)],
      blake3Of,
      'draft',
    );
    const file = Buffer.concat([root, entries, bytes.subarray(-16)]);
    const lying = parseManifest(file, contentIdOf(root, blake3Of), blake3Of, 'draft');
    expect(() => hintOf(lying, 1)).toThrow('no time');
  });
});
