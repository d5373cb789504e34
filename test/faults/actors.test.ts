import { setTimeout as passed } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  atBase,
  createJudgedNetwork,
  fetched,
  type JudgedNetwork,
  leave,
  type PeerProcess,
  pidOf,
} from '#test/support/judged-network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { chance, oneOf, rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 120_000 + rounds({ small: 0, full: 50 }) * 20_000 });

const ACTORS = [
  'discovery',
  'transfer-server',
  'distributor',
  'receiver',
  'request',
  'mesh',
  'hasher',
] as const;
type ActorName = (typeof ACTORS)[number];

const NAMES = ['owner', 'left', 'right'] as const;
const FILM_BYTES = 16 * MiB;

/** A film is fetched and spread in about this time: faults fall before, in and after it. */
const SPREAD_MS = 300;

/** Four of the five restarts of one actor that a peer allows in 30 s, with a second to be sure. */
const MOST_FAULTS = 4;
const PERIOD_MS = 31_000;

type Kind = 'kill' | 'hang';
type Fault = { readonly actor: ActorName; readonly kind: Kind };

/** All that can be broken, in any order, and all over again: none is left out by chance. */
function* faults(random: () => number): Generator<Fault, never> {
  for (;;) {
    const left = ACTORS.flatMap((actor): Fault[] => [
      { actor, kind: 'kill' },
      { actor, kind: 'hang' },
    ]);
    while (left.length > 0) yield* left.splice(Math.floor(random() * left.length), 1);
  }
}

/** Chooses where something is broken so that no peer has a reason to give up. */
class Ledger {
  readonly #random: () => number;
  readonly #at = new Map<string, number[]>();

  constructor(random: () => number) {
    this.#random = random;
  }

  placeFor(actor: ActorName, peers: readonly PeerProcess[]): PeerProcess {
    for (;;) {
      const peer = oneOf(peers, this.#random);
      // With the receiver the distributor starts over.
      const counted = actor === 'receiver' ? ['receiver', 'distributor'] : [actor];
      const lists = counted.map((name) => this.#recent(`${peer.home.name} ${name}`));
      if (lists.some((list) => list.length >= MOST_FAULTS)) continue;
      for (const list of lists) list.push(performance.now());
      return peer;
    }
  }

  #recent(place: string): number[] {
    const list = (this.#at.get(place) ?? []).filter((at) => performance.now() - at < PERIOD_MS);
    this.#at.set(place, list);
    return list;
  }
}

async function household() {
  const judged = await createJudgedNetwork(NAMES, {
    drills: true,
    distribution: { intervalMs: 500 },
  });
  const peers = await Promise.all(NAMES.map((name) => judged.start(judged.home(name))));
  const [owner, ...askers] = peers;
  if (owner === undefined) throw new Error('there is no owner');
  return { judged, peers, owner, askers };
}

/** Shares a new film and fetches it everywhere, while something is broken. */
async function shareAndFetch(
  judged: JudgedNetwork,
  owner: PeerProcess,
  askers: readonly PeerProcess[],
  name: string,
): Promise<void> {
  await judged.film(owner.home, name, FILM_BYTES);
  await Promise.all(askers.map((asker) => fetched(asker, name)));
}

async function broken(peer: PeerProcess, { actor, kind }: Fault): Promise<void> {
  const from = peer.heard.all.length;
  peer.send(`drill ${kind} ${actor}`);
  // A request may have done its work by now; it is not replaced for its own sake either.
  if (actor === 'request') return;
  await peer.heard.until('actor-restarted', { from, where: (said) => said.actor === actor });
}

describe('actors that are killed or hang at any moment', () => {
  it('are replaced, every download arrives whole, and nothing is left over', async () => {
    const random = chance();
    const { judged, peers, owner, askers } = await household();
    await shareAndFetch(judged, owner, askers, 'warm-up');
    const bases = peers.map((peer) => resourcesOf(pidOf(peer)));
    const ledger = new Ledger(random);
    const deck = faults(random);
    const all = rounds({ small: 2, full: 50 });
    for (let round = 0; round < all; round += 1) {
      const { actor, kind } = deck.next().value;
      const peer = ledger.placeFor(actor, peers);
      const afterMs = Math.floor(random() * SPREAD_MS);
      console.info(`round ${round}: ${kind} ${actor} of ${peer.home.name} at ${afterMs} ms`);
      const fault = passed(afterMs).then(() => broken(peer, { actor, kind }));
      const began = performance.now();
      await Promise.all([shareAndFetch(judged, owner, askers, `film ${round}`), fault]);
      const tookMs = Math.round(performance.now() - began);
      console.info(`round ${round}: whole again after ${tookMs} ms`);
      await judged.oracle.check();
    }
    for (const { home } of askers) await judged.oracle.checkWhole(home.downloads);
    await Promise.all(peers.map((peer, at) => atBase(peer, bases[at] ?? resourcesOf(0))));
    await Promise.all(peers.map(leave));
  });
});

describe('an actor that dies faster than it may be restarted', () => {
  it('ends its peer with 70 and one line that says why', async () => {
    const judged = await createJudgedNetwork(['unlucky'], { drills: true });
    const peer = await judged.start(judged.home('unlucky'));
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      peer.send('drill kill mesh');
      await peer.heard.until('actor-restarted', { where: (said) => said.attempt === attempt });
    }
    peer.send('drill kill mesh');
    expect(await peer.exit).toEqual({ code: 70, signal: null });
    const why = /mesh .*(failed|restarted) .*/;
    expect(peer.heard.of('error')).toEqual([
      expect.objectContaining({ code: 'gave-up', message: expect.stringMatching(why) as string }),
    ]);
    expect(peer.heard.all.at(-1)).toEqual({ type: 'bye', exitCode: 70 });
    expect(peer.stderr()).toBe('');
    await judged.oracle.check();
  });

  it('is left out where nothing rests on it: all else goes on', async () => {
    const judged = await createJudgedNetwork(['deskless', 'other'], { drills: true });
    const peer = await judged.start(judged.home('deskless'));
    const other = await judged.start(judged.home('other'));
    await judged.film(other.home, 'film', MiB);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      peer.send('drill kill web');
      await peer.heard.until('actor-restarted', { where: (said) => said.attempt === attempt });
    }
    peer.send('drill kill web');
    const { message } = await peer.heard.until('notice', {
      where: ({ code }) => code === 'left-out',
    });
    expect(message).toMatch(/^web failed too often and is left out \(.*\): the peer goes on/);
    await fetched(peer, 'film');
    await Promise.all([peer, other].map(leave));
    await judged.oracle.check();
  });
});
