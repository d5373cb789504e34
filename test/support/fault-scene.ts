/** A downloader that the oracle judges, next to an honest source: real peers, in this process. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import type { PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import type { Download } from '#src/peer/api.js';
import type { ListRow } from '#src/peer/rows.js';
import { Bans } from '#src/peer/trust/bans.js';
import { noise } from './contents.js';
import { writeTree } from './folders.js';
import { type Content, contentOf } from './made-source.js';
import { createNetwork, type Network, type Teardown, type TestPeer } from './network.js';
import { createOracle, type Oracle, type Resources, resourcesOf } from './oracle.js';

/** A shared machine gets this long for what takes a second. */
const PATIENCE_MS = 20_000;

/** Warm threads of the pool of requests rest for a while before they end. */
const RESTING_THREADS = 8;

/** What V8 and the allocator of this process give back late, threads at rest and the contents of tests included. */
const MEMORY_TOLERANCE_BYTES = 512 * MiB;

export type Scene = {
  readonly network: Network;
  readonly downloader: TestPeer;
  readonly honest: TestPeer;
  readonly oracle: Oracle;
  /** From now on this may appear among the downloads. */
  expect(content: Content): void;
  /** Makes a film of so many bytes, which nobody has yet and which may appear among the downloads. */
  newFilm(bytes: number): Content;
  /** The honest peer shares it from now on. @returns where its files lie. */
  share(content: Content): Promise<string>;
  /** Who was convicted, by the names that the user was told, in order. */
  convicted(): readonly string[];
  /** Who is banned, as the next start will find it. */
  banned(): Promise<readonly PeerId[]>;
};

/** @param teardown registers what cleans up. */
export async function openScene(teardown: Teardown, settings: SettingsInput = {}): Promise<Scene> {
  const network = await createNetwork(1, teardown);
  const [honest] = network.peers;
  if (honest === undefined) throw new Error('no honest peer');
  const root = join(network.folder, 'judged');
  const downloads = join(root, 'downloads');
  mkdirSync(downloads, { recursive: true });
  const expected = new Map<string, string>();
  const oracle = await createOracle({
    root,
    downloads: [downloads],
    expected,
    teardown: (clean) => teardown(async () => clean()),
  });
  const home = { ...network.home('downloader'), downloads };
  const downloader = await network.start(home, { ...settings, downloads: { folder: downloads } });
  await downloader.heard.until('peer-up', { where: ({ peerId }) => peerId === honest.peerId });
  const shared = sharedIn(network);
  const expectOf = (content: Content) => {
    for (const [path, sum] of sumsOf(content)) expected.set(path, sum);
  };
  let films = 0;
  return {
    network,
    downloader,
    honest,
    oracle,
    expect: expectOf,
    newFilm: (bytes) => {
      films += 1;
      const film = contentOf(`film ${films}`, { '': noise(bytes, films) });
      expectOf(film);
      return film;
    },
    share: async (content) => {
      const path = join(shared, content.name);
      mkdirSync(shared, { recursive: true });
      writeTree(path, content.tree);
      await honest.share(path);
      return path;
    },
    convicted: () =>
      downloader.heard
        .of('notice')
        .filter(({ code }) => code === 'poison')
        .map(({ message }) => message.replace(/ \(.*/, '')),
    banned: async () => (await Bans.open(home.data)).all,
  };
}

function sharedIn({ folder }: Network): string {
  return join(folder, 'shared');
}

function sumsOf({ name, tree }: Content): readonly (readonly [string, string])[] {
  return Object.entries(tree)
    .filter(([path]) => !path.endsWith('/'))
    .map(([path, bytes]) => [
      path === '' ? name : `${name}/${path}`,
      createHash('sha256').update(bytes).digest('hex'),
    ]);
}

/** Downloads a content that must arrive whole. @returns the event that says so. */
export async function arrives(scene: Scene, content: Content, download: Download) {
  const { chunks } = content.manifest.layout;
  const done = await download;
  expect(done).toMatchObject({ id: content.manifest.id, bytes: content.manifest.bytes });
  const brought = done.sources.reduce((sum, source) => sum + source.chunks, 0);
  expect(brought, 'chunks brought, each by one source').toBe(chunks);
  await scene.oracle.check();
  return done;
}

/** Waits until a running download has so many chunks, as the user is told. */
export async function brought(scene: Scene, { manifest }: Content, chunks: number): Promise<void> {
  await vi.waitFor(
    () => {
      const row = scene.downloader.status().downloads.find(({ id }) => id === manifest.id);
      if ((row?.have ?? 0) < chunks) throw new Error(`it has ${row?.have ?? 'no'} chunks`);
    },
    { timeout: PATIENCE_MS, interval: 5 },
  );
}

/** @returns how many chunks a source brought. */
export function broughtBy(
  done: { readonly sources: readonly { readonly peerId: PeerId; readonly chunks: number }[] },
  peerId: PeerId,
): number {
  return done.sources.find((source) => source.peerId === peerId)?.chunks ?? 0;
}

/** Waits until a peer sees so many other holders of just this content. */
export function offered(peer: TestPeer, { manifest }: Content, sources = 1): Promise<ListRow> {
  return vi.waitFor(
    async () => {
      const row = (await peer.list()).find(({ id }) => id === manifest.id);
      if (row?.sources !== sources) throw new Error(`${row?.sources ?? 'no'} sources are seen`);
      return row;
    },
    { timeout: PATIENCE_MS, interval: 20 },
  );
}

/** What this process holds open: each file, and how many sockets and threads. */
export type Held = {
  readonly files: readonly string[];
  readonly resources: Resources;
  readonly shared: string;
};

export function held(scene: Scene): Held {
  const files = readdirSync('/proc/self/fd').flatMap((fd) => linkOf(fd));
  return { files, resources: resourcesOf(process.pid), shared: sharedIn(scene.network) };
}

/** Downloads something small, after which all is open that stays so. @returns what this process holds then. */
export async function warmUp(scene: Scene): Promise<Held> {
  const content = contentOf('warm-up', { '': noise(MiB, 4711) });
  scene.expect(content);
  await scene.share(content);
  await offered(scene.downloader, content);
  await arrives(scene, content, scene.downloader.download(content.name));
  return held(scene);
}

/** Waits until this process holds no more than before; the honest source keeps some files open to serve them. */
export async function backTo(scene: Scene, before: Held): Promise<void> {
  await vi.waitFor(
    () => {
      const now = held(scene);
      const more = now.files.filter((file) => !before.files.includes(file));
      expect(more.filter((file) => !file.startsWith(`${before.shared}/`))).toEqual([]);
      expect(now.resources.sockets).toBeLessThanOrEqual(before.resources.sockets);
      expect(now.resources.threads).toBeLessThanOrEqual(before.resources.threads + RESTING_THREADS);
      const { residentBytes } = before.resources;
      expect(now.resources.residentBytes).toBeLessThan(residentBytes + MEMORY_TOLERANCE_BYTES);
    },
    { timeout: PATIENCE_MS, interval: 50 },
  );
}

/** @returns the path, nothing for what is no file: sockets have no names, and a thread's own handles end with it. */
function linkOf(fd: string): readonly string[] {
  try {
    const link = readlinkSync(`/proc/self/fd/${fd}`);
    return link.startsWith('/') ? [link] : [];
  } catch (error) {
    // Closed while the list was read.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
