/** A whole peer whose file operations fail, each once in turn: it lives on, says so in a line, and mends. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { KiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { noise } from '#test/support/contents.js';
import type { Errno } from '#test/support/faulty-files.js';
import { type FaultyProgram, startFaultyPeer } from '#test/support/faulty-program.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, type PeerHome } from '#test/support/network.js';
import { createOracle, type Expected, resourcesOf } from '#test/support/oracle.js';
import { chance, rounds, someOf } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 900_000 });

/** Where time is short two of them, others each time. */
const ERRNOS = someOf<Errno>(
  ['ENOSPC', 'EIO', 'EACCES', 'EMFILE'],
  rounds({ small: 2, full: 4 }),
  chance(),
);

/** What a download that failed may be said to have failed of, by what the disk said. */
const CODES: Record<Errno, string> = {
  ENOSPC: 'disk-full',
  EACCES: 'denied',
  EIO: 'io',
  EMFILE: 'io',
};

/** More than any job here has. */
const MOST = 2000;

const film = noise(600 * KiB, 7);
const album = {
  'one/large.bin': noise(300 * KiB, 8),
  'one/small.txt': noise(100, 9),
  'two/three/small.txt': noise(200, 10),
  'two/empty.txt': new Uint8Array(),
};

type Said = Extract<Line, { readonly ref?: string }>;

/** The first answer of one of these types to a command. */
function answer<K extends Said['type']>(
  program: FaultyProgram,
  ref: string,
  ...types: readonly K[]
) {
  const where = (line: Line) => 'ref' in line && line.ref === ref;
  const options = { where: where as never, withinMs: 60_000 };
  return Promise.race(types.map((type) => program.heard.until(type, options)));
}

async function expectedOf(folder: string, name: string): Promise<Expected> {
  if (name === 'film') return new Map([[name, await sha256(join(folder, name))]]);
  const paths = Object.keys(album);
  const hashes = await Promise.all(paths.map((path) => sha256(join(folder, name, path))));
  return new Map(paths.map((path, at) => [`${name}/${path}`, hashes[at] ?? '']));
}

/** Breaks one operation after the other until a job passes without reaching it; some of them, where time is short. */
async function sweep(
  program: FaultyProgram,
  home: PeerHome,
  errno: Errno,
  job: (at: number, isBroken: () => Promise<boolean>) => Promise<void>,
): Promise<number> {
  const random = chance();
  // The first is unlike the later ones, which find what it left: it is not counted on.
  const most = rounds({ small: 2, full: MOST });
  const root = join(home.data, '..');
  // Each of them once: commands are known apart by the operation that breaks.
  const drawn = new Set<number>();
  const draw = (): number => {
    const at = 1 + Math.floor(random() * Math.max(100, 2 * most));
    if (drawn.has(at)) return draw();
    drawn.add(at);
    return at;
  };
  for (let round = 1; round <= most; round += 1) {
    const at = most === MOST ? round : draw();
    await program.breakFiles({ root, errno, at });
    let broke: string | undefined;
    const isBroken = async () => {
      ({ broke } = await program.mendFiles());
      return broke !== undefined;
    };
    await job(at, isBroken).catch((error: Error) => {
      throw new Error(`${errno} at operation ${at} (${broke}): ${error.message}`, { cause: error });
    });
    if (broke === undefined && most === MOST) return round;
  }
  return most;
}

async function isWell(program: FaultyProgram): Promise<void> {
  expect(program.child.exitCode).toBe(null);
  expect(program.stderr()).not.toMatch(/^ +at /m);
  program.send('exit');
  expect(await program.exit).toEqual({ code: 0, signal: null });
}

describe.skipIf(process.platform !== 'linux')('a peer with one file operation that fails', () => {
  it.each(ERRNOS.flatMap((errno) => [[errno, 'film'] as const, [errno, 'album'] as const]))(
    'with %s while it downloads %s says so, and has it whole at the next attempt',
    async (errno, name) => {
      const network = await createNetwork(1, undefined, {
        prepare: ({ share }) => {
          writeFileSync(join(share, 'film'), film);
          writeTree(join(share, 'album'), album);
        },
      });
      const home = network.home('broken');
      const program = await startFaultyPeer(network, home, { transfer: { timeoutMs: 10_000 } });
      await program.heard.until('peer-up');
      const source = network.peers[0]?.home.share ?? '';
      const oracle = await createOracle({
        root: join(home.data, '..'),
        downloads: [home.downloads],
        expected: await expectedOf(source, name),
        ignored: [home.data, home.share],
      });
      const download = async (ref: string) => {
        program.send(`download ${name} #${ref}`);
        return answer(program, ref, 'download-completed', 'download-failed');
      };
      let files = 0;
      const count = await sweep(program, home, errno, async (at, isBroken) => {
        const first = await download(`first-${at}`);
        const wasBroken = await isBroken();
        if (first.type === 'download-failed') {
          expect(wasBroken, first.message).toBe(true);
          expect(first).toMatchObject({ code: CODES[errno] });
          expect(first.message).not.toMatch(/\n|\/proc\/|undefined/);
          const again = await download(`again-${at}`);
          expect(again, JSON.stringify([first, again])).toMatchObject({
            type: 'download-completed',
          });
        }
        expect(existsSync(join(home.downloads, name)), JSON.stringify(first)).toBe(true);
        await oracle.checkWhole(home.downloads);
        rmSync(join(home.downloads, name), { recursive: true });
        if (at === 1) files = resourcesOf(program.child.pid ?? 0).handles;
      });
      console.info(`${name}, ${errno}: ${count} operations`);
      const left = resourcesOf(program.child.pid ?? 0).handles;
      if (files > 0) expect(left).toBeLessThanOrEqual(files + 8);
      await isWell(program);
    },
  );

  it.each(ERRNOS)(
    'with %s while it hashes says so, and shares at the next attempt',
    async (errno) => {
      const network = await createNetwork(0);
      const home = network.home('broken');
      const program = await startFaultyPeer(network, home);
      await program.heard.until('ready');
      const path = join(home.data, '..', 'own');
      mkdirSync(path);
      const count = await sweep(program, home, errno, async (at, isBroken) => {
        const name = `album-${at}`;
        writeTree(join(path, name), { ...album, own: noise(10, at) });
        const share = (ref: string) => {
          program.send(`share "${join(path, name)}" #${ref}`);
          return answer(program, ref, 'share-added', 'error');
        };
        const first = await share(`first-${at}`);
        const wasBroken = await isBroken();
        if (first.type === 'error') {
          expect(wasBroken, first.message).toBe(true);
          expect(first.message).not.toMatch(/\n|undefined/);
          expect(await share(`again-${at}`)).toMatchObject({ type: 'share-added' });
        }
      });
      console.info(`share, ${errno}: ${count} operations`);
      await isWell(program);
    },
  );

  it.each(ERRNOS)('with %s while it keeps for others keeps all the same, later', async (errno) => {
    const giving = { enabled: true, intervalMs: 200 };
    const network = await createNetwork(1, undefined, { settings: { distribution: giving } });
    const home = network.home('broken');
    const program = await startFaultyPeer(network, home, { distribution: giving });
    await program.heard.until('peer-up');
    const [giver] = network.peers;
    if (giver === undefined) throw new Error('nobody gives');
    const count = await sweep(program, home, errno, async (at, isBroken) => {
      const path = writeRandom(join(giver.home.data, `given-${at}`), 300 * KiB);
      const { id, chunks } = await giver.share(path);
      for (let index = 0; index < chunks; index += 1) {
        const where = (line: { readonly id: string; readonly index: number }) =>
          line.id === id && line.index === index;
        await program.heard.until('chunk-received', { where, withinMs: 60_000 });
      }
      await isBroken();
    });
    console.info(`keeping, ${errno}: ${count} operations`);
    await isWell(program);
  });
});
