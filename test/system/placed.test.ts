import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { openDatabase } from '#src/io/disk/database.js';
import { finishStaged } from '#src/io/fetch/finish.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, type PeerHome, seen } from '#test/support/network.js';

const film: Tree = { '': noise(600 * KiB, 3) };
const album: Tree = { 'a/large.bin': noise(300 * KiB, 5), 'a/small.txt': noise(50, 6) };

/** As a run leaves it that ends right after a download got its name, before anything was noted. */
async function placedAndEnded(home: PeerHome, name: string, content: Tree): Promise<void> {
  const manifest = manifestOf(content);
  const { id } = manifest;
  const staging = stagingFolder(home.downloads, id);
  await prepareStaging(staging, manifest);
  const writer = new StagedWriter(staging, manifest);
  for (let index = 0; index < manifest.layout.chunks; index += 1) {
    const bytes = chunkBytesOf(content, manifest.entries, manifest.layout, index);
    await writer.write(index, bytes);
  }
  await writer.close();
  const target = join(home.downloads, name);
  await finishStaged(staging, manifest, 0, { path: target, mayRename: true });
  mkdirSync(join(home.data, 'manifests'), { recursive: true });
  await openManifestStore(join(home.data, 'manifests')).write(manifest);
  const { database } = await openDatabase(home.data);
  await database.put('downloads', id, { id, name, target, mayRename: true, staging });
  await database.close();
}

describe('a download that got its name in a run that ended before it was noted', () => {
  it.each([
    ['film', film],
    ['album', album],
  ])('is found by the next one, with nobody there to fetch it from (%s)', async (name, content) => {
    const network = await createNetwork(0);
    const home = network.home('ended');
    await placedAndEnded(home, name, content);
    const peer = await network.start(home);
    const done = await peer.download(name);
    expect(done.path).toBe(join(home.downloads, name));
    await peer.close();
    expect(readdirSync(home.downloads)).toEqual([name]);
    const { database } = await openDatabase(home.data);
    expect(await database.all('downloads')).toEqual([]);
    await database.close();
  });

  it('is served by it from then on', async () => {
    const network = await createNetwork(1);
    const home = network.home('ended');
    await placedAndEnded(home, 'film', film);
    const peer = await network.start(home);
    await peer.download('film');
    const [other] = network.peers;
    if (!other) throw new Error('no peer');
    await seen(other, 'film');
    const { path } = await other.download('film');
    expect(Buffer.compare(readFileSync(path), film[''] ?? Buffer.alloc(0))).toBe(0);
    await peer.close();
  });

  it('and was changed since is fetched anew beside it, and the changed one is left alone', async () => {
    const network = await createNetwork(1, undefined, {
      prepare: ({ share }) => writeTree(join(share, 'film'), film),
    });
    const home = network.home('ended');
    await placedAndEnded(home, 'film', film);
    appendFileSync(join(home.downloads, 'film'), 'mine');
    const changed = readFileSync(join(home.downloads, 'film'));
    const peer = await network.start(home);
    await seen(peer, 'film');
    const { path } = await peer.download('film');
    expect(path).toBe(join(home.downloads, 'film (1)'));
    expect(Buffer.compare(readFileSync(path), film[''] ?? Buffer.alloc(0))).toBe(0);
    expect(Buffer.compare(readFileSync(join(home.downloads, 'film')), changed)).toBe(0);
    await peer.close();
    expect(readdirSync(home.downloads).toSorted()).toEqual(['film', 'film (1)']);
  });

  it('leaves one of the same name that is somebody else’s alone', async () => {
    const network = await createNetwork(0);
    const home = network.home('ended');
    writeFileSync(join(home.downloads, 'film'), 'somebody else’s');
    await placedAndEnded(home, 'film', film);
    const peer = await network.start(home);
    expect((await peer.download('film')).path).toBe(join(home.downloads, 'film (1)'));
    await peer.close();
    expect(readdirSync(home.downloads).toSorted()).toEqual(['film', 'film (1)']);
    expect(readFileSync(join(home.downloads, 'film'), 'utf8')).toBe('somebody else’s');
  });
});
