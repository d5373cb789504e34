import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { chunkLength } from '#src/domain/content/layout.js';
import { isChunk, type Manifest, pagesOf, parseManifest } from '#src/domain/content/manifest.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { inSharedMemory, withOwnHashes } from '#src/io/content/shared-manifest.js';
import { chunkBytesOf, manifestOf, noise } from '#test/support/contents.js';
import { draftOf } from '#test/support/drafts.js';
import { newFolder } from '#test/support/folders.js';

const TREE = {
  'a/one': noise(300_000),
  'a/two': noise(5),
  'b/é': noise(6, 2),
  'b/empty': noise(0),
};
const manifest = manifestOf(TREE);

const shared = () => inSharedMemory(manifest);

/** What another thread gets of it. */
function sent(value: Manifest): Manifest {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value);
  const received = receiveMessageOnPort(port2);
  port1.close();
  return received?.message as Manifest;
}

describe('a manifest in shared memory', () => {
  it('is the same manifest, and is not shared twice', () => {
    const one = shared();
    expect({ ...one, file: undefined }).toEqual({ ...manifest, file: undefined });
    expect(Buffer.compare(one.file, manifest.file)).toBe(0);
    expect(inSharedMemory(one)).toBe(one);
  });

  it('reaches another thread without a copy, and proves chunks there', () => {
    const one = shared();
    const there = sent(one);
    expect(there.file.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(there).toEqual(one);
    for (let index = 0; index < there.layout.chunks; index += 1) {
      const bytes = chunkBytesOf(TREE, there.entries, there.layout, index);
      expect(bytes.length).toBe(chunkLength(there.layout, there.entries, index));
      expect(isChunk(there, index, bytes, blake3Of)).toBe(true);
    }
  });

  it('is written and parsed like any other', async () => {
    const folder = newFolder();
    await openManifestStore(folder).write(shared());
    const read = await openManifestStore(folder).read(manifest.id);
    expect(read?.id).toBe(manifest.id);
    expect(parseManifest(shared().file, manifest.id, blake3Of).layout).toEqual(manifest.layout);
  });
});

describe('a draft in shared memory', () => {
  const draft = draftOf(manifest);

  it('is the same listing, and room for the hashes that each thread learns is its own', () => {
    const one = inSharedMemory(draft);
    const [here, there] = [withOwnHashes(one), withOwnHashes(sent(one))];
    expect(here).toEqual(draft);
    expect(there.entries.bytes.buffer).toBe(there.file.buffer);
    here.chunkHashes.fill(1);
    expect(there).toEqual(draft);
    expect(inSharedMemory(here)).toEqual(one);
  });

  it('is cut to the same pages', () => {
    expect(pagesOf(sent(inSharedMemory(draft)))).toEqual(pagesOf(draft));
  });

  it('is kept by a store with room for hashes', async () => {
    const store = openManifestStore(newFolder());
    store.keep(inSharedMemory(draft));
    expect(store.known(draft.id)).toEqual(draft);
    await store.write(inSharedMemory(draft));
    expect(store.known(draft.id)).toEqual(draft);
  });
});
