import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import {
  type Digest,
  Verification,
  type VerifyEffect,
  type VerifyMessage,
} from '#src/domain/peers/verification.js';
import { wordsOf } from '#src/domain/peers/word-list.js';

const digest: Digest = (label, parts) => {
  const hash = createHash('sha256').update(label, 'latin1');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const idOf = (letter: string) => `${letter.repeat(51)}q` as PeerId;
const [ANNA, BEN, MALLORY] = ['a', 'b', 'm'].map(idOf) as [PeerId, PeerId, PeerId];

let counter = 0;
/** Never the same twice. */
const secret = () => {
  counter += 1;
  return digest('secret', [String(counter)]);
};

const sentBy = (effects: readonly VerifyEffect[]) =>
  effects.flatMap((one) => (one.type === 'send' ? [one.message] : []));

const wordsIn = (effects: readonly VerifyEffect[]) =>
  effects.flatMap((one) => (one.type === 'words' ? [one.words.join(' ')] : []));

const failuresIn = (effects: readonly VerifyEffect[]) =>
  effects.flatMap((one) => (one.type === 'failed' ? [[one.why, one.isAsked, one.failures]] : []));

/** The only thing that one effect sends. */
function messageOf<T extends VerifyMessage['type']>(effects: readonly VerifyEffect[], type: T) {
  const [message] = sentBy(effects);
  expect(message?.type).toBe(type);
  return message as Extract<VerifyMessage, { type: T }>;
}

/** Carries messages between two machines until nobody has more to say. @returns what each did in all. */
function talk(
  one: readonly [PeerId, Verification],
  other: readonly [PeerId, Verification],
  begin: readonly (readonly [PeerId, VerifyEffect])[],
): ReadonlyMap<PeerId, readonly VerifyEffect[]> {
  const done = new Map<PeerId, VerifyEffect[]>([
    [one[0], []],
    [other[0], []],
  ]);
  const queue = [...begin];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [by, effect] = next;
    done.get(by)?.push(effect);
    if (effect.type !== 'send') continue;
    const [id, machine] = by === one[0] ? other : one;
    for (const answer of machine.hear(by, effect.message, secret(), 0)) queue.push([id, answer]);
  }
  return done;
}

describe('comparing words', () => {
  it('shows both sides the same four, once, and others in another round', () => {
    const [anna, ben] = [new Verification(ANNA, digest), new Verification(BEN, digest)];
    const shown = [0, 15_000].map((now) => {
      const commit = messageOf(anna.ask(BEN, secret(), now), 'verify-commit');
      const answer = messageOf(ben.hear(ANNA, commit, secret(), now), 'verify-answer');
      const revealed = anna.hear(BEN, answer, secret(), now);
      const here = wordsIn(revealed);
      expect(wordsIn(ben.hear(ANNA, messageOf(revealed, 'verify-reveal'), secret(), now))).toEqual(
        here,
      );
      expect(here[0]?.split(' ')).toHaveLength(4);
      // What comes again is of a round that is over.
      expect(anna.hear(BEN, answer, secret(), now)).toEqual([]);
      return here[0];
    });
    expect(new Set(shown).size).toBe(2);
  });

  it('answers the same commitment alike when it comes again, as on a link that took over', () => {
    const [anna, ben] = [new Verification(ANNA, digest), new Verification(BEN, digest)];
    const commit = messageOf(anna.ask(BEN, secret(), 0), 'verify-commit');
    const lost = messageOf(ben.hear(ANNA, commit, secret(), 0), 'verify-answer');
    const answer = messageOf(ben.hear(ANNA, commit, secret(), 1), 'verify-answer');
    expect(answer).toEqual(lost);
    const revealed = anna.hear(BEN, answer, secret(), 1);
    const reveal = messageOf(revealed, 'verify-reveal');
    expect(wordsIn(ben.hear(ANNA, reveal, secret(), 1))).toEqual(wordsIn(revealed));
    expect(ben.hear(ANNA, reveal, secret(), 1)).toEqual([]);
    // Of a round that is over nothing is said any more but that.
    expect(
      anna.hear(BEN, messageOf(ben.hear(ANNA, commit, secret(), 1), 'verify-stop'), secret(), 1),
    ).toEqual([]);
  });

  it('is one round where both ask at once, and the user of each gets its words', () => {
    for (const order of [0, 1]) {
      const [anna, ben] = [new Verification(ANNA, digest), new Verification(BEN, digest)];
      const begun = [
        ...anna.ask(BEN, secret(), 0).map((one) => [ANNA, one] as const),
        ...ben.ask(ANNA, secret(), 0).map((one) => [BEN, one] as const),
      ];
      const done = talk([ANNA, anna], [BEN, ben], order === 0 ? begun : begun.toReversed());
      const words = [ANNA, BEN].map((id) => wordsIn(done.get(id) ?? []));
      expect(words[0]).toHaveLength(1);
      expect(words[0]).toEqual(words[1]);
    }
  });

  it('counts and tells every round that comes to nothing', () => {
    const ben = new Verification(BEN, digest);
    const commit = messageOf(new Verification(ANNA, digest).ask(BEN, secret(), 0), 'verify-commit');
    ben.hear(ANNA, commit, secret(), 0);
    expect(ben.dueAt).toBe(20_000);
    expect(ben.tick(19_999)).toEqual([]);
    expect(failuresIn(ben.tick(20_000))).toEqual([['timed-out', false, 1]]);
    ben.hear(ANNA, commit, secret(), 20_000);
    expect(failuresIn(ben.unlinked(ANNA))).toEqual([['aborted', false, 2]]);
    ben.ask(ANNA, secret(), 20_001);
    const round = messageOf(ben.ask(ANNA, secret(), 20_002), 'verify-commit').round;
    const stop = { type: 'verify-stop', round, why: 'busy' } as const;
    expect(failuresIn(ben.hear(ANNA, stop, secret(), 20_003))).toEqual([['busy', true, 3]]);
    expect(ben.hear(ANNA, stop, secret(), 20_004)).toEqual([]);
    expect(ben.dueAt).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a man in the middle', () => {
  it('cannot reveal another secret than the one he committed to', () => {
    const ben = new Verification(BEN, digest);
    const mallory = new Verification(MALLORY, digest);
    const commit = messageOf(mallory.ask(BEN, secret(), 0), 'verify-commit');
    ben.hear(MALLORY, commit, secret(), 0);
    const other = { type: 'verify-reveal', round: commit.round, secret: secret() } as const;
    const effects = ben.hear(MALLORY, other, secret(), 0);
    expect(wordsIn(effects)).toEqual([]);
    expect(failuresIn(effects)).toEqual([['mismatch', false, 1]]);
    expect(sentBy(effects)).toMatchObject([{ type: 'verify-stop', why: 'mismatch' }]);
  });

  /**
   * Anna asks; he answers her, and asks Ben. Whichever side he finishes first, the words of the other are not known
   * before he is bound there: of those he could choose from, as many as he likes, none is better than a guess.
   */
  it('has words that differ on both sides, whatever he chooses and in whatever order', () => {
    for (let time = 0; time < 300; time += 1) {
      const [anna, ben] = [new Verification(ANNA, digest), new Verification(BEN, digest)];
      const his = secret();
      const toAnna = messageOf(anna.ask(MALLORY, secret(), 0), 'verify-commit');
      expect(Object.keys(toAnna)).toEqual(['type', 'round']);
      const round = digest('p2p verify commit 1\0', [MALLORY, BEN, his]);
      const commit = { type: 'verify-commit', round } as const;
      const answerOfBen = messageOf(ben.hear(MALLORY, commit, secret(), 0), 'verify-answer');
      // All that he knows now of Anna is a hash; her secret he sees once he has answered.
      const wanted = wordsOf(
        digest('p2p verify words 1\0', [MALLORY, BEN, his, answerOfBen.secret]).subarray(0, 4),
      ).join(' ');
      const guess = { type: 'verify-answer', round: toAnna.round, secret: secret() } as const;
      const atAnna = wordsIn(anna.hear(MALLORY, guess, secret(), 0));
      const reveal = { type: 'verify-reveal', round, secret: his } as const;
      expect(wordsIn(ben.hear(MALLORY, reveal, secret(), 0))).toEqual([wanted]);
      expect(atAnna).not.toEqual([wanted]);
    }
  });

  it('who passes everything on between them has the keys of both against him', () => {
    const [anna, ben] = [new Verification(ANNA, digest), new Verification(BEN, digest)];
    // Anna sees him as Mallory, and so does Ben; he passes on what each of them says.
    const commit = messageOf(anna.ask(MALLORY, secret(), 0), 'verify-commit');
    const answer = messageOf(ben.hear(MALLORY, commit, secret(), 0), 'verify-answer');
    const revealed = anna.hear(MALLORY, answer, secret(), 0);
    const reveal = messageOf(revealed, 'verify-reveal');
    expect(wordsIn(revealed)).toHaveLength(1);
    expect(failuresIn(ben.hear(MALLORY, reveal, secret(), 0))).toEqual([['mismatch', false, 1]]);
  });

  it('gets a round in 15 s under one key, and 40 in a minute under a thousand', () => {
    const ben = new Verification(BEN, digest);
    const begin = (peer: PeerId, now: number) => {
      const commit = messageOf(
        new Verification(peer, digest).ask(BEN, secret(), now),
        'verify-commit',
      );
      const [answer] = sentBy(ben.hear(peer, commit, secret(), now));
      if (answer?.type === 'verify-answer') ben.unlinked(peer);
      return answer?.type;
    };
    expect(begin(MALLORY, 0)).toBe('verify-answer');
    for (let now = 1; now < 15_000; now += 500) expect(begin(MALLORY, now)).toBe('verify-stop');
    expect(begin(MALLORY, 15_000)).toBe('verify-answer');
    let answered = 0;
    for (let at = 0; at < 6000; at += 1) {
      const peer = `${String(at).padStart(51, 'x')}q` as PeerId;
      if (begin(peer, 60_000 + at * 10) === 'verify-answer') answered += 1;
    }
    expect(answered).toBeLessThanOrEqual(40);
    expect(answered).toBeGreaterThanOrEqual(30);
  });
});

it('each of the 256 words differs from all others by more than a letter', () => {
  const words = wordsOf(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  expect(new Set(words).size).toBe(256);
  for (const one of words) {
    expect(one).toMatch(/^[a-z]{4,10}$/);
    for (const other of words) {
      if (one === other || one.length !== other.length) continue;
      const apart = one.split('').filter((letter, at) => letter !== other[at]).length;
      expect(apart, `${one} ${other}`).toBeGreaterThan(1);
    }
  }
});
