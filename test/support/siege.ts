/**
 * A victim and an honest peer, each a process of its own, with files for each other. While a flood lasts both fetch;
 * afterwards nothing of the flood is left, in memory, in handles or in what the user reads.
 */
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { MiB } from '#src/domain/limits.js';
import type { Ports } from '#src/domain/ports.js';
import { sha256, writeRandom } from './big-file.js';
import { measureDelays, type ThreadDelay } from './delays.js';
import { createNetwork, type Network } from './network.js';
import { createOracle, resourcesOf } from './oracle.js';
import { startPeerProgram } from './peer-program.js';
import type { Program } from './program.js';
import { rounds } from './rounds.js';

/** Of each file: as long a download as there is time for. */
const FILE_BYTES = rounds({ small: 4, full: 32 }) * MiB;

/** A download among attackers on a shared machine. */
const PATIENCE_MS = 60_000;

/** What has been sent in a flood is read to its end, at a measured pace. */
const FORGOTTEN_MS = 300_000;

/** As it should be on a machine of one's own, and what may come of others' work on a shared one. */
const MOST_DELAY_MS = process.env['FAULTS'] === 'full' ? 50 : 2000;

/** A peer at work has 170 to 180 MiB, and 70 more are what strangers may cost it. */
const MOST_BYTES = 256 * MiB;

/** Threads of the pool and files of the reader that stay for the next. */
const MORE_HANDLES = 48;

type Side = 'victim' | 'honest';

type Besieged = {
  readonly program: Program;
  readonly pid: number;
  readonly peerId: string;
  readonly ports: Ports;
};

/** Comes when both have what they fetched. */
export type End = { readonly come: Promise<void>; isHere(): boolean };

/** Goes on until the end comes, or for as long as it takes; then it lets go of whatever it holds. */
export type Flood = (end: End) => Promise<void>;

export type Siege = {
  readonly network: Network;
  readonly victim: Besieged;
  readonly honest: Besieged;
  /** Both fetch a file while the flood lasts. */
  endures(name: string, flood: Flood): Promise<void>;
  /** Sees that nothing of all floods is left. */
  recovers(): Promise<void>;
};

type Bounds = {
  /** Of any thread's event loop, at its 99th percentile. */
  readonly mostDelayMs?: number;
  /** Resident at any moment. */
  readonly mostBytes?: number;
  /** Of both peers, and of the newcomer afterwards. */
  readonly settings?: SettingsInput;
};

/** @param floods how many will be endured. */
export async function laySiege(floods: number, bounds: Bounds = {}): Promise<Siege> {
  const { mostDelayMs = MOST_DELAY_MS, mostBytes = MOST_BYTES, settings = {} } = bounds;
  const network = await createNetwork(0, undefined, { settings });
  const delays = measureDelays();
  const homes = { victim: network.home('victim'), honest: network.home('honest') };
  const expected = new Map<string, string>();
  for (const side of ['victim', 'honest'] as const)
    for (let n = 0; n < floods; n += 1) {
      const path = writeRandom(join(homes[side].share, fileOf(side, n)), FILE_BYTES);
      expected.set(fileOf(side, n), await sha256(path));
    }
  const start = async (side: Side): Promise<Besieged> => {
    const env = side === 'victim' ? delays.env : {};
    const program = await startPeerProgram(network, homes[side], {}, [], { env });
    const { peerId, ports } = await program.heard.until('ready');
    for (let n = 0; n < floods; n += 1)
      await program.heard.until('share-added', { where: ({ name }) => name === fileOf(side, n) });
    return { program, pid: program.child.pid ?? 0, peerId, ports };
  };
  // What is sent to a shared port and not to all of its owners goes to who took it last: the victim.
  const honest = await start('honest');
  const victim = await start('victim');
  await honest.program.heard.until('peer-up', { where: (up) => up.peerId === victim.peerId });
  await victim.program.heard.until('peer-up', { where: (up) => up.peerId === honest.peerId });
  const oracle = await createOracle({
    root: network.folder,
    downloads: [homes.victim.downloads, homes.honest.downloads],
    expected,
    ignored: [homes.victim.data, homes.honest.data],
  });
  const before = resourcesOf(victim.pid);
  let endured = 0;

  async function fetched(by: Program, name: string): Promise<void> {
    by.send(`download "${name}"`);
    const where = (said: { readonly name: string }) => said.name === name;
    await by.heard.until('download-completed', { withinMs: PATIENCE_MS, where });
  }
  return {
    network,
    victim,
    honest,
    async endures(name, flood) {
      await delays.next(victim.pid);
      const began = performance.now();
      let isHere = false;
      const come = Promise.all([
        fetched(victim.program, fileOf('honest', endured)),
        fetched(honest.program, fileOf('victim', endured)),
      ]).then(() => {
        isHere = true;
      });
      const flooding = flood({ come, isHere: () => isHere });
      await come;
      const ms = performance.now() - began;
      endured += 1;
      await flooding;
      await oracle.check();
      const late = await delays.next(victim.pid);
      const { residentBytes, peakBytes } = resourcesOf(victim.pid);
      const peaks = `${inMiB(peakBytes)} MiB at most (${inMiB(resourcesOf(honest.pid).peakBytes)})`;
      console.info(
        `${name}: ${Math.round(ms)} ms, ${inMiB(residentBytes)} MiB, ${peaks}, ${figures(late)}`,
      );
      for (const one of late) expect(one.p99Ms, `${one.thread}, ${name}`).toBeLessThan(mostDelayMs);
      expect(peakBytes).toBeLessThan(mostBytes);
    },
    async recovers() {
      for (const side of ['victim', 'honest'] as const) {
        const { downloads } = homes[side];
        const files = [...expected].filter(([path]) => !path.includes(side));
        expect(files).toHaveLength(floods);
        for (const [path, print] of files) expect(await sha256(join(downloads, path))).toBe(print);
      }
      await vi.waitFor(
        () => {
          const after = resourcesOf(victim.pid);
          expect(after.sockets).toBeLessThanOrEqual(before.sockets + 4);
          expect(after.handles).toBeLessThan(before.handles + MORE_HANDLES);
          // Up to seven of the pool, which come with downloads.
          expect(after.threads).toBeLessThanOrEqual(before.threads + 7);
        },
        { timeout: FORGOTTEN_MS, interval: 100 },
      );
      await findsNewcomers(network, victim);
      await answers(victim, honest, floods);
      expect(victim.program.heard.of('actor-restarted')).toEqual([]);
      expect(victim.program.stderr()).toBe('');
      const kinds = victim.program.heard.of('notice').map(({ code }) => code);
      expect(kinds).toEqual([...new Set(kinds)]);
    },
  };
}

async function findsNewcomers(network: Network, { program }: Besieged): Promise<void> {
  const newcomer = await network.start(network.home('newcomer'));
  const where = (up: { readonly peerId: string }) => up.peerId === newcomer.peerId;
  await program.heard.until('peer-up', { where, withinMs: PATIENCE_MS });
}

async function answers({ program }: Besieged, honest: Besieged, floods: number): Promise<void> {
  program.send('peers #after', 'list #after', 'status #after');
  const where = ({ ref }: { readonly ref?: string }) => ref === 'after';
  const { peers } = await program.heard.until('peers', { where });
  const found = peers.find(({ peerId }) => peerId === honest.peerId);
  expect(found).toMatchObject({ name: 'honest', state: 'up' });
  const { shares } = await program.heard.until('list', { where });
  const own = shares.filter(({ name, path }) => name.startsWith('of the ') && path !== null);
  expect(own).toHaveLength(2 * floods);
  const status = await program.heard.until('status', { where });
  expect(status.downloads).toEqual([]);
  expect(status.actors.filter(({ state }) => state !== 'running')).toEqual([]);
}

function inMiB(bytes: number): number {
  return Math.round(bytes / MiB);
}

function figures(late: readonly ThreadDelay[]): string {
  const each = late.map(({ thread, p99Ms, mostMs }) => `${thread} ${p99Ms}/${mostMs}`);
  return `late p99/most ms: ${each.join(', ')}`;
}

function fileOf(side: Side, n: number): string {
  return `of the ${side} ${n}.bin`;
}
