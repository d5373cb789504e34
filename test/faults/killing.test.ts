import { lstatSync, readdirSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  ended,
  leave,
  offered,
  type PeerProcess,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { chance, oneOf, rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 90_000 + rounds({ small: 0, full: 100 }) * 20_000 });

/** From a few chunks to a few hundred; the largest takes half a second on an idle machine. */
const FILM_BYTES = [1, 4, 16, 64].map((size) => size * MiB);

/** Chunks of films of these sizes, and an entry of the journal. */
const CHUNK_BYTES = 256 * 1024;
const ENTRY_BYTES = 4;

/** What a download of so many bytes takes about, so that the end is within reach of chance. */
const BYTES_PER_MS = 150_000;

/** Where in a download somebody is killed. */
type Moment = 'anywhere' | 'once all is written' | 'once it has its name';

/** Half of them at the end, where most is at stake. */
const MOMENTS: readonly Moment[] = [
  'once it has its name',
  'anywhere',
  'once all is written',
  'anywhere',
];

/** A few system calls long: what follows the last write, and what follows the name. */
const END_MS = 12;

async function moment(which: Moment, folder: string, name: string, bytes: number, part: number) {
  if (which === 'anywhere') return passed((bytes / BYTES_PER_MS) * part);
  if (which === 'once it has its name') await named(folder, name);
  else await journalled(folder, (bytes / CHUNK_BYTES) * ENTRY_BYTES);
  // Half of the time at once.
  if (part > 0.5) await passed((part - 0.5) * 2 * END_MS);
}

/** Resolves in the turn in which a name appears in a folder. */
function named(folder: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, (_, seen) => {
      if (seen !== name) return;
      watcher.close();
      resolve();
    });
  });
}

/** Resolves when a journal has so many bytes, or is gone again with its download. */
async function journalled(folder: string, bytes: number): Promise<void> {
  const staging = join(folder, '.p2p-partial');
  let began = false;
  // The system tells of this only by the directory, whose watch would be late: it is looked at all the time.
  for (;;) {
    const sizes = namesIn(staging).map((id) => sizeOf(join(staging, id, 'journal')));
    if (sizes.some((size) => size >= bytes)) return;
    if (began && sizes.length === 0) return;
    began ||= sizes.length > 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function killed(peer: PeerProcess): Promise<void> {
  peer.child.kill('SIGKILL');
  await peer.exit;
}

/** What the chunks of a download come to that is complete now, and where it lies. */
async function completed(peer: PeerProcess, name: string) {
  peer.send(`download ${name}`);
  const done = await peer.heard.until('download-completed', {
    withinMs: 60_000,
    where: (said) => said.name === name,
  });
  const fetched = done.sources.reduce((sum, { chunks }) => sum + chunks, 0);
  expect(basename(done.path)).toBe(name);
  return { ...done, fetched };
}

/** What it has is given as it lies there: another one fetches all of it from this peer, for the owner stands still. */
async function serves(peer: PeerProcess, name: string, reader: PeerProcess, owner: PeerProcess) {
  await offered(reader, name, 2);
  owner.child.kill('SIGSTOP');
  reader.send(`download ${name}`);
  const done = await ended(reader, name);
  owner.child.kill('SIGCONT');
  expect(done).toMatchObject({ sources: [{ peerId: peer.peerId }] });
}

describe('a peer that is killed', () => {
  it('while it downloads goes on where it was, fetches nothing again and serves it', async () => {
    const random = chance();
    const judged = await createJudgedNetwork(['owner', 'asker', 'reader']);
    const reader = await judged.start(judged.home('reader'));
    const owner = await judged.start(judged.home('owner'));
    const home = judged.home('asker');
    let asker = await judged.start(home);
    await judged.film(owner.home, 'warm-up', MiB);
    await offered(asker, 'warm-up');
    await completed(asker, 'warm-up');
    const base = resourcesOf(pidOf(owner));
    const all = rounds({ small: 3, full: 100 });
    for (let round = 0; round < all; round += 1) {
      const bytes = oneOf(FILM_BYTES, random);
      const at = MOMENTS[round % MOMENTS.length] ?? 'anywhere';
      const name = await judged.film(owner.home, `film ${round}`, bytes);
      await offered(asker, name);
      const part = random();
      const from = asker.heard.all.length;
      const reached = moment(at, home.downloads, name, bytes, part);
      asker.send(`download ${name}`);
      const { id } = await asker.heard.until('download-started', { from });
      await reached;
      await killed(asker);
      const had = Math.max(
        0,
        ...asker.heard.of('download-progress').map((said) => (said.id === id ? said.have : 0)),
      );
      const wasDone = asker.heard.of('download-completed').some((said) => said.id === id);
      asker = await judged.start(home);
      const { fetched } = await completed(asker, name);
      const { have, chunks } = asker.heard.of('download-started')[0] ?? { have: 0, chunks: 0 };
      console.info(
        `${at} (${part.toFixed(2)}): said ${had}, counted ${have}, fetched ${fetched} of ${chunks}`,
      );
      if (wasDone) expect(fetched).toBe(0);
      expect(have).toBeGreaterThanOrEqual(chunks === 0 ? 0 : had);
      expect(have + fetched).toBe(chunks);
      if (at === 'once it has its name') await serves(asker, name, reader, owner);
      await judged.oracle.check();
    }
    await judged.oracle.checkWhole(home.downloads);
    await atBase(owner, base);
    await Promise.all([leave(asker), leave(owner), leave(reader)]);
  });

  it('while others download from it is back for them, and they lose nothing', async () => {
    const random = chance();
    const judged = await createJudgedNetwork(['owner', 'asker']);
    const ownerHome = judged.home('owner');
    let owner = await judged.start(ownerHome);
    const asker = await judged.start(judged.home('asker'));
    await judged.film(ownerHome, 'warm-up', MiB);
    await offered(asker, 'warm-up');
    await completed(asker, 'warm-up');
    const base = resourcesOf(pidOf(asker));
    const all = rounds({ small: 1, full: 100 });
    for (let round = 0; round < all; round += 1) {
      const name = await judged.film(ownerHome, `film ${round}`, 64 * MiB);
      await offered(asker, name);
      const from = asker.heard.all.length;
      asker.send(`download ${name}`);
      const { chunks } = await asker.heard.until('download-started', { from });
      const afterMs = Math.floor(((64 * MiB) / BYTES_PER_MS) * random());
      await passed(afterMs);
      await killed(owner);
      const began = performance.now();
      owner = await judged.start(ownerHome);
      const { fetched, alreadyHere } = await completed(asker, name);
      const tookMs = Math.round(performance.now() - began);
      console.info(`killed after ${afterMs} ms: ${fetched} of ${chunks}, whole ${tookMs} ms later`);
      if (alreadyHere === undefined) expect(fetched).toBe(chunks);
      await judged.oracle.check();
    }
    await judged.oracle.checkWhole(asker.home.downloads);
    await atBase(asker, base);
    await Promise.all([leave(asker), leave(owner)]);
  });
});
