/** A folder that is sent while either side is killed, again and again, at any moment. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { createNetwork, type PeerHome } from '#test/support/network.js';
import { createOracle } from '#test/support/oracle.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import type { Program } from '#test/support/program.js';
import { chance, rounds } from '#test/support/rounds.js';

const ROUNDS = rounds({ small: 3, full: 200 });

vi.setConfig({ testTimeout: 90_000 + ROUNDS * 20_000 });

const PATIENCE_MS = 60_000;

/** 64 MiB in all, from packs of small files to many chunks. */
const FILE_BYTES = [
  ...Array.from({ length: 64 }, () => MiB / 64),
  ...[1, 2, 4, 8, 16, 32].map((size) => size * MiB),
];

const TOTAL_BYTES = FILE_BYTES.reduce((sum, bytes) => sum + bytes, 0);

/** What is written meanwhile and not noted: chunks in flight of one source, 16 MiB at most, and the last sync. */
const IN_FLIGHT_BYTES = 24 * MiB;

it('arrives whole, with one receipt, and fetches little of it twice', async () => {
  const random = chance();
  const network = await createNetwork(0);
  const root = join(network.folder, 'judged');
  mkdirSync(root);
  const inbox = join(root, 'inbox');
  const expected = new Map<string, string>();
  const oracle = await createOracle({ root, downloads: [inbox], expected });
  const homes = { anna: network.home('anna'), ben: network.home('ben') };
  const start = async (home: PeerHome): Promise<Program> => {
    const program = await startPeerProgram(network, home, {
      inbox: { accept: 'all', folder: inbox },
    });
    await program.heard.until('ready');
    return program;
  };
  const peers = { anna: await start(homes.anna), ben: await start(homes.ben) };
  const { peerId } = await peers.ben.heard.until('ready');
  const offered = async (name: string) => {
    const folder = join(network.folder, name);
    mkdirSync(folder);
    for (const [at, bytes] of FILE_BYTES.entries()) {
      const path = writeRandom(join(folder, `${at}`), bytes);
      expected.set(`${name}/${at}`, await sha256(path));
    }
    await peers.anna.heard.until('peer-up', { withinMs: PATIENCE_MS });
    const servedBefore = await served(peers.anna);
    peers.anna.send(`send "${folder}" --to ${peerId}`);
    const where = (said: { readonly name: string }) => said.name === name;
    const { offerId } = await peers.anna.heard.until('send-offered', {
      withinMs: PATIENCE_MS,
      where,
    });
    return { servedBefore, isOurs: (said: Offered) => said.offerId === offerId };
  };
  // How long it takes here and now, so that whoever is killed is killed at any moment of it.
  const undisturbed = await offered('undisturbed');
  const sendMs = await elapsed(() =>
    peers.anna.heard.until('send-received', { withinMs: PATIENCE_MS, where: undisturbed.isOurs }),
  );
  const fetchedTwice: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { servedBefore, isOurs } = await offered(`folder ${round}`);
    const who = random() < 0.5 ? 'anna' : 'ben';
    const afterMs = Math.floor(random() * sendMs);
    await passed(afterMs);
    const before = peers[who];
    before.child.kill('SIGKILL');
    await before.exit;
    peers[who] = await start(homes[who]);
    const sides = [before, peers.anna, peers.ben];
    // The receipt says that all is there; who is killed right after writing that down tells nobody of it any more.
    await vi.waitFor(
      () =>
        expect(sides.flatMap((side) => side.heard.of('send-received')).filter(isOurs)).toHaveLength(
          1,
        ),
      { timeout: PATIENCE_MS, interval: 50 },
    );
    // Of a sender that was killed nobody knows what it gave.
    if (who === 'ben') {
      const twice = (await servedAll(peers.anna, servedBefore)) - TOTAL_BYTES;
      console.info(`killed after ${afterMs} of about ${sendMs} ms: ${inMiB(twice)} fetched twice`);
      fetchedTwice.push(twice);
      expect(twice).toBeLessThanOrEqual(IN_FLIGHT_BYTES);
    }
    await oracle.check();
  }
  await oracle.checkWhole(inbox);
  const sum = fetchedTwice.reduce((all, bytes) => all + bytes, 0);
  const most = Math.max(0, ...fetchedTwice);
  console.info(
    `${ROUNDS} killed, the receiver in ${fetchedTwice.length}: of ${inMiB(TOTAL_BYTES)} each ` +
      `${inMiB(sum / Math.max(1, fetchedTwice.length))} fetched twice on average, ${inMiB(most)} at most`,
  );
});

type Offered = { readonly offerId: string };

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const begunAt = performance.now();
  await work();
  return Math.round(performance.now() - begunAt);
}

function inMiB(bytes: number): string {
  return `${(bytes / MiB).toFixed(1)} MiB`;
}

/** @returns what left it since, once it has counted all of what was sent: it does so by and by. */
function servedAll(peer: Program, before: number): Promise<number> {
  return vi.waitFor(
    async () => {
      const since = (await served(peer)) - before;
      expect(since).toBeGreaterThanOrEqual(TOTAL_BYTES);
      return since;
    },
    { timeout: PATIENCE_MS, interval: 100 },
  );
}

/** Bytes of contents that left it in this life. */
async function served(peer: Program): Promise<number> {
  const from = peer.heard.all.length;
  peer.send('status');
  return (await peer.heard.until('status', { from })).servedBytes;
}
