/** Real peers on this machine, each with folders of its own, on a network of their own; gone after the test. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Peer, Told } from '#src/peer/api.js';
import type { ListRow } from '#src/peer/rows.js';
import { createPeer } from '#src/peer.js';
import { freeDiscoveryPort, freePeerBase, HOST } from './places.js';
import { createWitness, type Witness } from './witness.js';

/** Catalogues and links come in milliseconds; a shared machine gets many times that. */
const PATIENCE_MS = 20_000;

/** The folders of one peer; they outlive it, so that it can be started again. */
export type PeerHome = {
  readonly name: string;
  readonly data: string;
  readonly downloads: string;
  readonly share: string;
};

export type TestPeer = Peer & {
  readonly home: PeerHome;
  readonly heard: Witness<Told>;
};

export type Network = {
  readonly folder: string;
  readonly discoveryPort: number;
  /** Those started with the network, in order. */
  readonly peers: readonly TestPeer[];
  /** Folders for a peer that is not started yet. */
  home(name: string): PeerHome;
  /** One peer more, or one that was closed, with the folders it had. */
  start(home: PeerHome, settings?: SettingsInput): Promise<TestPeer>;
  /** Settings that put a peer of these folders into this network, for one started by other means. */
  settings(home: PeerHome): Promise<SettingsInput>;
};

export type Teardown = (clean: () => Promise<void>) => void;

export type NetworkOptions = {
  /** For all peers. Nothing is given in the background unless a test asks for it. */
  readonly settings?: SettingsInput;
  /** Prepares folders before any peer starts: what to share, for one. */
  readonly prepare?: (home: PeerHome, index: number) => void;
};

/**
 * @param teardown registers what cleans up; after the test unless told otherwise (`afterAll`, to share a
 * network between tests).
 */
export async function createNetwork(
  n: number,
  teardown: Teardown = onTestFinished,
  { settings: common = {}, prepare = () => {} }: NetworkOptions = {},
): Promise<Network> {
  const folder = mkdtempSync(join(tmpdir(), 'p2p network-'));
  const started: TestPeer[] = [];
  teardown(async () => {
    await Promise.all(started.map((peer) => peer.close()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const discoveryPort = await freeDiscoveryPort();
  const settings = async (home: PeerHome): Promise<SettingsInput> => ({
    distribution: { enabled: false },
    ...common,
    name: home.name,
    host: HOST,
    port: await freePeerBase(),
    share: [home.share],
    data: home.data,
    downloads: { folder: home.downloads },
    discovery: { ...common.discovery, port: discoveryPort },
  });
  const start = async (home: PeerHome, own: SettingsInput = {}): Promise<TestPeer> => {
    const peer = await createPeer({ ...(await settings(home)), ...own });
    const heard = createWitness<Told>(home.name);
    peer.events.subscribe({
      next: (told) => heard.hear(told),
      complete: () => heard.end('before it ended'),
    });
    const testPeer = { ...peer, home, heard };
    started.push(testPeer);
    return testPeer;
  };
  const homes = Array.from({ length: n }, (_, index) => newHome(folder, `peer ${index}`));
  for (const [index, home] of homes.entries()) prepare(home, index);
  return {
    folder,
    discoveryPort,
    peers: await Promise.all(homes.map((home) => start(home))),
    home: (name) => newHome(folder, name),
    start,
    settings,
  };
}

function newHome(folder: string, name: string): PeerHome {
  const own = join(folder, name);
  const [data, downloads, share] = [
    join(own, 'data'),
    join(own, 'downloads'),
    join(own, 'share'),
  ] as const;
  for (const path of [data, downloads, share]) mkdirSync(path, { recursive: true });
  return { name, data, downloads, share };
}

/** Waits until this peer sees so many other holders of a content, and returns its row. */
export function seen(peer: Peer, name: string, sources = 1, id?: ContentId): Promise<ListRow> {
  return vi.waitFor(
    async () => {
      const rows = await peer.list(name);
      const row = rows.find((one) => one.name === name && (id === undefined || one.id === id));
      if (row === undefined || row.sources < sources) {
        throw new Error(`${peer.name} sees ${row?.sources ?? 'no'} sources of ${name}`);
      }
      return row;
    },
    { timeout: PATIENCE_MS, interval: 50 },
  );
}

/** Waits until this peer knows so many others. */
export async function knows(peer: TestPeer, others: readonly Peer[]): Promise<void> {
  await Promise.all(
    others.map(({ peerId }) =>
      peer.heard.until('peer-up', { where: (up) => up.peerId === peerId }),
    ),
  );
}
