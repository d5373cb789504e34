import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContentId, type PeerId, parseContentId, parsePeerId } from '#src/domain/ids.js';
import { Distribution, type Gift } from '#src/domain/spread/distribution.js';

const KIB = 1024;

/** Mulberry32: small, seeded, good enough to draw peers. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function peer(at: number): PeerId {
  const letter = String.fromCharCode(97 + (at % 26));
  const id = parsePeerId(`${letter.repeat(50)}${String.fromCharCode(97 + Math.floor(at / 26))}a`);
  if (id === undefined) throw new Error('no peer id');
  return id;
}

function content(at: number): ContentId {
  const id = parseContentId(at.toString(16).padStart(64, '0'));
  if (id === undefined) throw new Error('no content id');
  return id;
}

function create(options: { copies?: number; roundBytes?: number; seed?: number; peers?: number }) {
  const { copies = 2, roundBytes = 1000 * KIB, seed = 1, peers = 0 } = options;
  const distribution = new Distribution({ copies, roundBytes }, seeded(seed));
  for (let at = 0; at < peers; at += 1) distribution.holdings.peerUp(peer(at));
  return distribution;
}

function hold(distribution: Distribution, id: ContentId, chunks: number, bytes = KIB): void {
  distribution.holdings.hold(id, 'name', new Uint32Array(chunks).fill(bytes), [0, chunks]);
}

function given(
  gifts: readonly Gift[],
): readonly { peerId: PeerId; id: ContentId; index: number }[] {
  return gifts.flatMap(({ peerId, contents }) =>
    contents.flatMap(({ id, chunks }) => chunks.map((index) => ({ peerId, id, index }))),
  );
}

describe('a round of distribution', () => {
  it('gives nothing when nobody is up, when nothing is held, and when all is spread', () => {
    const lonely = create({});
    hold(lonely, content(1), 3);
    expect(lonely.nextRound()).toEqual([]);
    expect(lonely.belowTarget).toBe(3);
    const empty = create({ peers: 3 });
    expect(empty.nextRound()).toEqual([]);
    const done = create({ peers: 2 });
    hold(done, content(1), 3);
    for (const at of [0, 1]) done.holdings.peerHolds(peer(at), content(1), 3);
    expect(done.nextRound()).toEqual([]);
    expect(done.belowTarget).toBe(0);
  });

  it('gives the rarest first when not all fits into a round', () => {
    const distribution = create({ peers: 3, roundBytes: 2 * KIB });
    hold(distribution, content(1), 4);
    distribution.holdings.peerTold(peer(0), content(1), [0, 2]);
    const indices = given(distribution.nextRound()).map(({ index }) => index);
    expect(indices.toSorted((a, b) => a - b)).toEqual([2, 3]);
  });

  it('draws among equally rare ones by chance', () => {
    const firsts = new Set<number>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const distribution = create({ peers: 1, roundBytes: KIB, seed });
      hold(distribution, content(1), 8);
      firsts.add(given(distribution.nextRound())[0]?.index ?? -1);
    }
    expect(firsts.size).toBeGreaterThan(3);
  });

  it('counts chunks as below target even where too few peers are up to hold them', () => {
    const distribution = create({ peers: 1 });
    hold(distribution, content(1), 3);
    distribution.holdings.peerHolds(peer(0), content(1), 3);
    expect(distribution.belowTarget).toBe(3);
    expect(distribution.nextRound()).toEqual([]);
  });

  it('counts a peer that goes down no longer, and one that lets go neither', () => {
    const distribution = create({ peers: 3 });
    hold(distribution, content(1), 2);
    for (const at of [0, 1]) distribution.holdings.peerHolds(peer(at), content(1), 2);
    expect(distribution.belowTarget).toBe(0);
    distribution.peerDown(peer(0));
    expect(distribution.belowTarget).toBe(2);
    distribution.holdings.peerHolds(peer(2), content(1), 2);
    expect(distribution.belowTarget).toBe(0);
    distribution.holdings.peerHolds(peer(2), content(1), 0);
    expect(distribution.belowTarget).toBe(2);
  });

  it('knows from a catalogue that came before the content was held', () => {
    const distribution = create({ peers: 2, copies: 1 });
    distribution.holdings.peerHolds(peer(1), content(1), 2);
    hold(distribution, content(1), 2);
    expect(distribution.belowTarget).toBe(0);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [6, 32],
    [9, 32],
  ])('after %i refusals leaves a peer alone for %i rounds', (refusals, rounds) => {
    const distribution = create({ peers: 1, copies: 1 });
    hold(distribution, content(1), 1);
    for (let count = 0; count < refusals; count += 1) distribution.refused(peer(0));
    for (let round = 0; round < rounds; round += 1) expect(distribution.nextRound()).toEqual([]);
    expect(distribution.nextRound()).toHaveLength(1);
  });

  it('forgets refusals once a chunk is kept', () => {
    const distribution = create({ peers: 1, copies: 1 });
    hold(distribution, content(1), 2);
    distribution.refused(peer(0));
    distribution.kept(peer(0), content(1), 0);
    expect(given(distribution.nextRound()).map(({ index }) => index)).toEqual([1]);
  });

  it('offers a peer more of the rarest once it has said what it holds', () => {
    const distribution = create({ peers: 2, copies: 2 });
    hold(distribution, content(1), 4);
    distribution.holdings.peerTold(peer(0), content(1), [0, 2]);
    distribution.holdings.peerTold(peer(1), content(1), [2, 1]);
    expect(distribution.more(peer(1), content(1), KIB)).toEqual([3]);
    const all = distribution.more(peer(1), content(1), 10 * KIB);
    expect(all[0]).toBe(3);
    expect([...all].toSorted((a, b) => a - b)).toEqual([0, 1, 3]);
  });

  it('lets no two sessions make the last copy of a chunk', () => {
    const distribution = create({ peers: 2, copies: 1 });
    hold(distribution, content(1), 1);
    expect(distribution.begin(peer(0), content(1), 0)).toBe(true);
    expect(distribution.begin(peer(1), content(1), 0)).toBe(false);
    distribution.settle(content(1), 0);
    expect(distribution.begin(peer(1), content(1), 0)).toBe(true);
    distribution.kept(peer(1), content(1), 0);
    distribution.settle(content(1), 0);
    expect(distribution.begin(peer(0), content(1), 0)).toBe(false);
  });

  it('opens no more than eight connections a round', () => {
    const distribution = create({ peers: 40, copies: 3 });
    hold(distribution, content(1), 100);
    expect(distribution.nextRound().length).toBeLessThanOrEqual(8);
  });
});

describe('rounds of distribution, whatever the network', () => {
  const network = fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    peers: fc.integer({ min: 1, max: 12 }),
    copies: fc.integer({ min: 1, max: 4 }),
    contents: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
    roundChunks: fc.integer({ min: 1, max: 20 }),
    refusing: fc.double({ min: 0, max: 0.3, noNaN: true }),
  });

  it('never give what is held, keep to their bytes, and reach the target', () => {
    fc.assert(
      fc.property(network, ({ seed, peers, copies, contents, roundChunks, refusing }) => {
        const roundBytes = roundChunks * KIB;
        const distribution = create({ copies, roundBytes, seed, peers });
        const chance = seeded(seed + 1);
        for (const [at, chunks] of contents.entries()) hold(distribution, content(at), chunks);
        const held = new Map<string, Set<PeerId>>();
        const reachable = Math.min(copies, peers);
        const needed = contents.reduce((sum, chunks) => sum + chunks, 0) * reachable;
        let kept = 0;
        for (let round = 0; kept < needed; round += 1) {
          expect(round).toBeLessThan(5000);
          const gifts = given(distribution.nextRound());
          expect(gifts.length * KIB).toBeLessThanOrEqual(roundBytes);
          for (const { peerId, id, index } of gifts) {
            const holders = held.get(`${id} ${index}`) ?? new Set();
            held.set(`${id} ${index}`, holders);
            expect(holders.has(peerId)).toBe(false);
            if (chance() < refusing) {
              distribution.refused(peerId);
              continue;
            }
            holders.add(peerId);
            distribution.kept(peerId, id, index);
            kept += 1;
          }
        }
        expect(distribution.belowTarget === 0).toBe(peers >= copies);
        for (const holders of held.values()) expect(holders.size).toBe(reachable);
        for (let round = 0; round < 40; round += 1) expect(distribution.nextRound()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
