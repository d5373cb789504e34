/** A network of peers in processes of their own, whose downloads are judged by the oracle. */
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import type { Line } from '#src/cli/answer.js';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from './big-file.js';
import { createNetwork, type Network, type PeerHome } from './network.js';
import { createOracle, type Oracle, type Resources, resourcesOf } from './oracle.js';
import { startPeerProgram } from './peer-program.js';
import type { Program, ProgramOptions } from './program.js';
import { rounds } from './rounds.js';

/** A shared machine, on which many other tests run, gets this long for what takes a second. */
const PATIENCE_MS = 40_000;

/**
 * What a peer may have more of than before: V8 and the allocator give back late. Ten downloads that each
 * leaked what they held would be far beyond it.
 */
const MEMORY_TOLERANCE_BYTES = 96 * MiB;

/**
 * Threads of a pool that rest for 30 s before they go, each with a few handles: where few rounds are played that
 * is not waited for. What many rounds leak shows beyond two, for whatever happens to be going on.
 */
const IDLE_THREADS = rounds({ small: 7, full: 2 });
const HANDLES_OF_A_THREAD = 5;

/** A dial that is under way just then. */
const SOCKETS_PASSING = 2;

/** As many as a peer keeps open of the files that it shares, so that a chunk costs no opening. */
const KEPT_FILES = 32;

export type PeerProcess = Program & { readonly peerId: string; readonly home: PeerHome };

type Start = {
  readonly args?: readonly string[];
  readonly settings?: SettingsInput;
  readonly options?: ProgramOptions;
};

export type JudgedNetwork = {
  readonly network: Network;
  readonly oracle: Oracle;
  /** Folders of a peer; its downloads are judged. */
  home(name: string): PeerHome;
  /** Starts a peer, and comes back when it is ready. */
  start(home: PeerHome, how?: Start): Promise<PeerProcess>;
  /** Writes a file that may from now on appear among the downloads, and gives it to peers to share. */
  film(homes: PeerHome | readonly PeerHome[], name: string, bytes: number): Promise<string>;
};

/** @param names of the peers that will be there, whose downloads are watched from the beginning. */
export async function createJudgedNetwork(
  names: readonly string[],
  settings: SettingsInput = {},
): Promise<JudgedNetwork> {
  const network = await createNetwork(0, undefined, { settings });
  const root = join(network.folder, 'judged');
  mkdirSync(root);
  const expected = new Map<string, string>();
  const downloads = new Map(names.map((name) => [name, join(root, name)]));
  const oracle = await createOracle({ root, downloads: [...downloads.values()], expected });
  const homes = new Map(
    names.map((name) => [
      name,
      { ...network.home(name), downloads: downloads.get(name) ?? '' } satisfies PeerHome,
    ]),
  );
  return {
    network,
    oracle,
    home: (name) => homes.get(name) ?? network.home(name),
    start: async (home, { args, settings: own, options } = {}) => {
      const program = await startPeerProgram(network, home, own, args, options);
      const { peerId } = await program.heard.until('ready');
      return { ...program, peerId, home };
    },
    film: async (homes, name, bytes) => {
      const made = writeRandom(join(network.folder, name), bytes);
      expected.set(name, await sha256(made));
      // Copied beside its place: half a file is no share.
      for (const { share } of [homes].flat()) {
        copyFileSync(made, `${share} ${name}`);
        renameSync(`${share} ${name}`, join(share, name));
      }
      rmSync(made);
      return name;
    },
  };
}

/** Waits until a peer knows so many others that have a content. */
export async function offered(peer: Program, name: string, sources = 1): Promise<void> {
  await vi.waitFor(
    async () => {
      const from = peer.heard.all.length;
      peer.send(`list ${name}`);
      const { shares } = await peer.heard.until('list', { from });
      const row = shares.find((one) => one.name === name);
      expect(row?.sources, `others that have ${name}`).toBeGreaterThanOrEqual(sources);
    },
    { timeout: PATIENCE_MS, interval: 100 },
  );
}

/** Resolves with the end of a download, however it ends. */
export function ended(peer: Program, name: string, from = 0): Promise<Line> {
  const until = {
    from,
    withinMs: PATIENCE_MS,
    where: (said: { name: string }) => said.name === name,
  };
  return Promise.race([
    peer.heard.until('download-completed', until),
    peer.heard.until('download-failed', until),
  ]);
}

/** Has a peer fetch what others offer, and waits until it has it. */
export async function fetched(peer: Program, name: string): Promise<void> {
  await offered(peer, name);
  peer.send(`download ${name}`);
  const end = await ended(peer, name);
  expect(end.type, JSON.stringify(end)).toBe('download-completed');
}

/** Waits until a peer holds no more than it did. */
export async function atBase(peer: Program, base: Resources): Promise<void> {
  const began = performance.now();
  await vi.waitFor(
    () => {
      const now = resourcesOf(pidOf(peer));
      const said = `${JSON.stringify(now)} after ${JSON.stringify(base)}`;
      expect(now.threads, said).toBeLessThanOrEqual(base.threads + IDLE_THREADS);
      const others = now.handles - now.files;
      const othersBefore = base.handles - base.files;
      expect(others, said).toBeLessThanOrEqual(othersBefore + IDLE_THREADS * HANDLES_OF_A_THREAD);
      expect(now.files, said).toBeLessThanOrEqual(base.files + KEPT_FILES);
      expect(now.sockets, said).toBeLessThanOrEqual(base.sockets + SOCKETS_PASSING);
      expect(now.residentBytes, said).toBeLessThan(base.residentBytes + MEMORY_TOLERANCE_BYTES);
    },
    { timeout: PATIENCE_MS, interval: 250 },
  );
  const { residentBytes } = resourcesOf(pidOf(peer));
  const [before, after] = [base.residentBytes, residentBytes].map((bytes) =>
    Math.round(bytes / MiB),
  );
  const waitedMs = Math.round(performance.now() - began);
  console.info(`back at base after ${waitedMs} ms: ${before} MiB before, ${after} MiB now`);
}

export function pidOf({ child }: Program): number {
  if (child.pid === undefined) throw new Error('it did not start');
  return child.pid;
}

/** Ends it as a user would, and sees that it had nothing to complain of. */
export async function leave(peer: Program): Promise<void> {
  peer.send('exit');
  const exit = await peer.exit;
  expect({ ...exit, complaints: peer.stderr() }).toEqual({ code: 0, signal: null, complaints: '' });
}
