/**
 * `p2p demo`: four real peers on this machine. Anna brings a file, Ben and Carl fetch it, then Dora fetches it
 * from all three at once; at the end both files are hashed again, by other code than the one that carried them.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MiB } from '#src/domain/limits.js';
import type { Peer } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import { countText, rateText, shortId, sizeText } from './amounts.js';
import { freeUdpPort, hashOf, writeRandomFile } from './demo-file.js';
import { canRedraw, complain, type ProcessStreams } from './process-streams.js';
import { createProgress, type ProgressDisplay } from './progress.js';

export type DemoOptions = { readonly keep: boolean };

/** Large enough to see it move, small enough for any temporary folder. */
const FILE_BYTES = 96 * MiB;
const FILE_NAME = 'holiday film.mkv';
const HOST = '127.0.0.1';
/** Peers on one machine find each other in well under a second; a loaded machine gets many times that. */
const PATIENCE_MS = 15_000;
/** How often it is asked again whether every peer is seen by the last one. */
const LOOK_EVERY_MS = 200;

type Scene = {
  readonly folder: string;
  readonly discoveryPort: number;
  readonly streams: ProcessStreams;
  readonly show: ProgressDisplay;
  readonly peers: Peer[];
  readonly stopped: AbortSignal;
};

type Fetched = Extract<PeerEvent, { type: 'download-completed' }>;

/** Never rejects. @returns 0 if the file arrived whole, 1 if not, 130 if it was stopped. */
export async function demo(options: DemoOptions, streams: ProcessStreams): Promise<number> {
  const stop = new AbortController();
  const stopListening = streams.onSignals(() => {
    if (stop.signal.aborted) streams.abort(130);
    stop.abort();
  });
  const folder = await mkdtemp(join(tmpdir(), 'p2p-demo-'));
  const { stdout, env } = streams;
  const show = createProgress(stdout, canRedraw(stdout, env));
  const peers: Peer[] = [];
  try {
    const discoveryPort = await freeUdpPort(HOST);
    await play({ folder, discoveryPort, streams, show, peers, stopped: stop.signal });
    return 0;
  } catch (error) {
    show.end();
    if (stop.signal.aborted) return 130;
    complain(streams.stderr, new Error(`the demo failed: ${(error as Error).message}`));
    return 1;
  } finally {
    show.end();
    await Promise.all(peers.map((peer) => peer.close()));
    if (options.keep) show.print(`Everything is kept in ${folder}`);
    else await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    stopListening();
  }
}

async function play(scene: Scene): Promise<void> {
  const { show, folder } = scene;
  const began = performance.now();
  const original = join(folder, 'Anna', 'share', FILE_NAME);
  show.print(`Four peers on this machine, in ${folder}`);
  await mkdir(join(folder, 'Anna', 'share'), { recursive: true });
  await writeRandomFile(original, FILE_BYTES);
  const anna = await enter(scene, 'Anna', [join(folder, 'Anna', 'share')]);
  show.print(`Anna shares ${FILE_NAME} (${sizeText(FILE_BYTES)}).`);
  const helpers = [await enter(scene, 'Ben', []), await enter(scene, 'Carl', [])];
  await Promise.all(helpers.map((peer) => sees(scene, peer, 1)));
  show.print('Ben and Carl found her by themselves, and fetch it.');
  await Promise.all(helpers.map((peer) => fetched(scene, peer)));
  const dora = await enter(scene, 'Dora', []);
  await sees(scene, dora, 3);
  show.print('Dora comes, sees all three, and fetches from every one at once.');
  const result = await fetched(scene, dora);
  await summarise(scene, result, original, [anna, ...helpers]);
  show.print(`\nDone in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
}

async function enter(scene: Scene, name: string, share: readonly string[]): Promise<Peer> {
  scene.stopped.throwIfAborted();
  const home = join(scene.folder, name);
  await mkdir(home, { recursive: true });
  const peer = await scene.streams.createPeer({
    name,
    host: HOST,
    share,
    data: join(home, 'data'),
    downloads: { folder: join(home, 'downloads') },
    discovery: { port: scene.discoveryPort },
    // What is given in the background would be there before the fetching that is to be seen.
    distribution: { enabled: false },
  });
  scene.peers.push(peer);
  return peer;
}

/** Waits until a peer sees so many sources of the file; catalogues come in after links, in their own time. */
async function sees(scene: Scene, peer: Peer, sources: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const rows = await peer.list(FILE_NAME);
    if (rows.some((row) => row.sources >= sources)) return;
    await setTimeout(LOOK_EVERY_MS, undefined, { signal: scene.stopped });
  }
  throw new Error(
    `${peer.name} did not find ${countText(sources, 'peer')} with the file within ${PATIENCE_MS / 1000} s; does a firewall block UDP on ${HOST}?`,
  );
}

async function fetched(scene: Scene, peer: Peer): Promise<Fetched> {
  const download = peer.download(FILE_NAME, { signal: scene.stopped });
  const shown = download.progress.subscribe((event) => {
    if (event.type === 'download-progress') {
      scene.show.show({ ...event, key: peer.name, label: `${peer.name}: ${FILE_NAME}` });
    }
  });
  try {
    const result = await download;
    return result;
  } finally {
    shown.unsubscribe();
    scene.show.drop(peer.name);
  }
}

async function summarise(
  { show, stopped }: Scene,
  result: Fetched,
  original: string,
  sources: readonly Peer[],
): Promise<void> {
  const [brought, arrived] = await Promise.all([hashOf(original), hashOf(result.path)]);
  stopped.throwIfAborted();
  if (brought !== arrived) {
    throw new Error(`Dora's file differs from Anna's: SHA-256 ${arrived} instead of ${brought}`);
  }
  const seconds = result.ms / 1000;
  const rate = rateText(result.bytes / Math.max(seconds, 0.001));
  show.print(`\nDora fetched ${sizeText(result.bytes)} in ${seconds.toFixed(2)} s: ${rate}`);
  for (const source of result.sources) {
    const name =
      sources.find((peer) => peer.peerId === source.peerId)?.name ?? shortId(source.peerId);
    show.print(`  ${String(source.chunks).padStart(4)} chunks from ${name}`);
  }
  if (result.sources.length < sources.length) {
    show.print('  The others had no chance: all had come before their connections stood.');
  }
  show.print(`SHA-256 of Anna's file  ${brought.slice(0, 32)}...`);
  show.print(`SHA-256 of Dora's file  ${arrived.slice(0, 32)}...  the same`);
}
