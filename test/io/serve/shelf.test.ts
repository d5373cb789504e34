import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { type Gain, heldLength, Shelf } from '#src/io/serve/shelf.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';

const CHUNK = 256 * KiB;
const manifest = manifestOf({ '': noise(3 * CHUNK + 5) });
const { id } = manifest;

describe('the shelf', () => {
  it('knows what is held of a content, and what was gained', async () => {
    const manifests = newFolder();
    await openManifestStore(manifests).write(manifest);
    const shelf = new Shelf(manifests);
    const gains: Gain[] = [];
    shelf.gains.subscribe((gain) => gains.push(gain));
    shelf.put(id, { kind: 'partial', path: '/x', have: [0, 1] });
    shelf.gain(id, [3, 1]);
    const book = await shelf.book(id);
    expect(book && [0, 1, 2, 3, 4].map((index) => heldLength(book, index))).toEqual([
      CHUNK,
      undefined,
      undefined,
      5,
      undefined,
    ]);
    expect(gains).toEqual([{ id, ranges: [3, 1] }]);
    shelf.remove(id);
    expect(await shelf.book(id)).toBeUndefined();
  });

  it('looks again for a manifest that was not there, and forgets no gain meanwhile', async () => {
    const manifests = join(newFolder(), 'manifests');
    const shelf = new Shelf(manifests);
    shelf.put(id, { kind: 'partial', path: '/x', have: [] });
    expect(await shelf.book(id)).toBeUndefined();
    shelf.gain(id, [2, 1]);
    await openManifestStore(manifests).write(manifest);
    expect((await shelf.book(id))?.have.toRanges()).toEqual([2, 1]);
  });

  it('needs not read a manifest that another thread has parsed', async () => {
    const shelf = new Shelf(join(newFolder(), 'none'));
    shelf.keep(manifest);
    shelf.put(id, { kind: 'partial', path: '/x', have: [0, 1] });
    shelf.gain(id, [2, 1]);
    shelf.gain(id, [3, 1]);
    expect((await shelf.book(id))?.have.toRanges()).toEqual([0, 1, 2, 2]);
  });

  it('opens anew what is put anew, and lets who reads the old one finish', async () => {
    const manifests = newFolder();
    await openManifestStore(manifests).write(manifest);
    const shelf = new Shelf(manifests);
    shelf.put(id, { kind: 'partial', path: '/x', have: [0, 1] });
    const old = await shelf.book(id);
    const renewed: string[] = [];
    shelf.renewed.subscribe((one) => renewed.push(one));
    shelf.put(id, { kind: 'share', path: '/y', fingerprints: '/z' });
    expect((await shelf.book(id))?.have.isFull).toBe(true);
    expect(old?.have.toRanges()).toEqual([0, 1]);
    expect(renewed).toEqual([id]);
    await shelf.close();
  });

  it('keeps open no more manifests than it has room for, and every gain', async () => {
    const manifests = newFolder();
    const store = openManifestStore(manifests);
    const other = manifestOf({ '': noise(CHUNK + 1, 7) });
    for (const each of [manifest, other]) await store.write(each);
    const shelf = new Shelf(manifests, manifest.file.length);
    for (const each of [manifest, other]) {
      shelf.put(each.id, { kind: 'partial', path: '/x', have: [0, 1] });
    }
    const first = await shelf.book(id);
    shelf.gain(id, [2, 1]);
    expect(await shelf.book(id)).toBe(first);
    await shelf.book(other.id);
    // Closed, and opened anew by whoever asks.
    shelf.gain(id, [1, 1]);
    const again = await shelf.book(id);
    expect(again).not.toBe(first);
    expect(again?.have.toRanges()).toEqual([0, 3]);
    await shelf.close();
  });
});
