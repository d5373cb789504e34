import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFingerprints, writeFingerprints } from '#src/io/content/fingerprints.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';

const manifest = manifestOf({ a: noise(10), b: noise(300_000) });

describe('the manifest store', () => {
  it('gives back what was written, to itself and to others, and leaves nothing else behind', async () => {
    const folder = join(newFolder(), 'manifests');
    const store = openManifestStore(folder);
    expect(await store.read(manifest.id)).toBeUndefined();
    await Promise.all([store.write(manifest), openManifestStore(folder).write(manifest)]);
    expect(readdirSync(folder)).toEqual([manifest.id]);
    expect(await store.read(manifest.id)).toBe(manifest);
    const [one, two] = await Promise.all(
      [openManifestStore(folder)].flatMap((other) => [
        other.read(manifest.id),
        other.read(manifest.id),
      ]),
    );
    expect(one?.layout).toEqual(manifest.layout);
    expect(two).toBe(one);
  });

  it('removes a damaged one and says that it is missing', async () => {
    const folder = newFolder();
    await openManifestStore(folder).write(manifest);
    const path = join(folder, manifest.id);
    const bytes = readFileSync(path);
    for (const damaged of [bytes.subarray(0, -1), Buffer.alloc(bytes.length), Buffer.alloc(0)]) {
      writeFileSync(path, damaged);
      expect(await openManifestStore(folder).read(manifest.id)).toBeUndefined();
      expect(existsSync(path)).toBe(false);
    }
  });

  it('keeps no more than it may, the least used dropped first', async () => {
    const folder = newFolder();
    const store = openManifestStore(folder, manifest.file.length + 100);
    const other = manifestOf({ c: noise(20) });
    await store.write(manifest);
    await store.write(other);
    expect(await store.read(other.id)).toBe(other);
    const again = await store.read(manifest.id);
    expect(again).not.toBe(manifest);
    expect(again?.id).toBe(manifest.id);
    await store.remove(manifest.id);
    expect(await store.read(manifest.id)).toBeUndefined();
  });
});

describe('fingerprints', () => {
  const looks = BigUint64Array.from({ length: 10 }, (_, n) => BigInt(n) * 2n ** 60n);

  it('come back as they were, for their content only', async () => {
    const path = join(newFolder(), 'looks');
    expect(await readFingerprints(path, manifest.id)).toBeUndefined();
    await writeFingerprints(path, manifest.id, looks);
    expect(await readFingerprints(path, manifest.id)).toEqual(looks);
    const other = manifestOf({ c: noise(20) });
    expect(await readFingerprints(path, other.id)).toBeUndefined();
  });

  it('count as missing when they are damaged', async () => {
    const path = join(newFolder(), 'looks');
    await writeFingerprints(path, manifest.id, looks);
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(path, damaged);
      expect(await readFingerprints(path, manifest.id)).toBeUndefined();
      writeFileSync(path, bytes.subarray(0, at));
      expect(await readFingerprints(path, manifest.id)).toBeUndefined();
    }
  });
});
