/**
 * Comparing words: two people look whether the peers they see are each other's, by reading aloud a few words that both
 * peers show. Whoever stands between two peers has a round with each under a key of his own, so the words follow from
 * both keys; and so that he cannot try until they are the same by chance, they follow from a secret number of either
 * side too, of which the asking one is fixed by its hash before the other is told, and shown after it:
 *
 *     asking --commit: round = hash of its secret--> answering     the secret of the one who asks is fixed
 *     asking <--answer: its secret-- answering                    now that of the one who answers is
 *     asking --reveal: its secret--> answering                    the words follow for both
 *
 * So each round is one guess among 2^32, and how many rounds others may begin is bounded. Where both ask at once, the
 * round of the smaller id counts.
 */
import type { PeerId } from '#src/domain/ids.js';
import { type Bucket, takeToken } from '#src/domain/rates/token-bucket.js';
import { wordsOf } from './word-list.js';

/** Between two rounds that one peer begins: a person needs longer to compare. */
export const BEGUN_EVERY_MS = 15_000;
/** That all others together may begin, as identities are free. */
const BEGUN_RATE = { perSecond: 0.5, burst: 10 };
/** A round takes three messages. */
const ROUND_MS = 20_000;
/** Peers of whom it is known when they began last, and how often a round failed. */
const MOST_PEERS = 1024;
/** Of 256 words: one guess in 2^32. */
const WORDS = 4;

export type VerifyMessage =
  /** `round` is the hash of the secret. */
  | { readonly type: 'verify-commit'; readonly round: Uint8Array }
  | { readonly type: 'verify-answer'; readonly round: Uint8Array; readonly secret: Uint8Array }
  | { readonly type: 'verify-reveal'; readonly round: Uint8Array; readonly secret: Uint8Array }
  | { readonly type: 'verify-stop'; readonly round: Uint8Array; readonly why: StopReason };

/** `busy`: it answers no more for now; `mismatch`: what was revealed is not what was committed to. */
export type StopReason = 'busy' | 'mismatch';

/** Why a round came to nothing. `aborted`: it ended in the middle. */
export type VerifyFailure = StopReason | 'timed-out' | 'aborted';

export type VerifyEffect =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: VerifyMessage }
  /** To be shown. `isAsked`: by the user here. */
  | {
      readonly type: 'words';
      readonly peer: PeerId;
      readonly words: readonly string[];
      readonly isAsked: boolean;
    }
  /** @param failures of this peer in all. */
  | {
      readonly type: 'failed';
      readonly peer: PeerId;
      readonly why: VerifyFailure;
      readonly isAsked: boolean;
      readonly failures: number;
    };

/** SHA-256 of a label and parts of known length behind it. */
export type Digest = (label: string, parts: readonly (string | Uint8Array)[]) => Uint8Array;

type Round = {
  readonly isAsking: boolean;
  readonly round: Uint8Array;
  readonly secret: Uint8Array;
  readonly until: number;
};

type Past = { readonly begunAt: number; readonly failures: number };

export class Verification {
  readonly #self: PeerId;
  readonly #digest: Digest;
  readonly #rounds = new Map<PeerId, Round>();
  readonly #past = new Map<PeerId, Past>();
  #begun: Bucket | undefined;

  constructor(self: PeerId, digest: Digest) {
    this.#self = self;
    this.#digest = digest;
  }

  /** When `tick` is wanted, monotonic milliseconds. */
  get dueAt(): number {
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...[...this.#rounds.values()].map((one) => one.until),
    );
  }

  /** With whom a round runs. */
  get running(): readonly PeerId[] {
    return [...this.#rounds.keys()];
  }

  isRunning(peer: PeerId): boolean {
    return this.#rounds.has(peer);
  }

  /** The user asks; not while a round with this peer runs. @param secret 32 random bytes, never used before. */
  ask(peer: PeerId, secret: Uint8Array, now: number): readonly VerifyEffect[] {
    const round = this.#commitment(this.#self, peer, secret);
    this.#rounds.set(peer, { isAsking: true, round, secret, until: now + ROUND_MS });
    return [{ type: 'send', peer, message: { type: 'verify-commit', round } }];
  }

  /** @param secret 32 random bytes, never used before: for the answer, if there is to be one. */
  hear(
    peer: PeerId,
    message: VerifyMessage,
    secret: Uint8Array,
    now: number,
  ): readonly VerifyEffect[] {
    if (message.type === 'verify-commit') return this.#answer(peer, message.round, secret, now);
    const open = this.#rounds.get(peer);
    // Of a round that is over, or never was.
    if (open === undefined || !isSame(open.round, message.round)) return [];
    if (message.type === 'verify-stop') return this.#fail(peer, open, message.why);
    if (open.isAsking && message.type === 'verify-answer') {
      return this.#reveal(peer, open, message.secret);
    }
    if (!open.isAsking && message.type === 'verify-reveal') {
      return this.#judge(peer, open, message.secret);
    }
    return [];
  }

  /** Its link is gone. */
  unlinked(peer: PeerId): readonly VerifyEffect[] {
    const open = this.#rounds.get(peer);
    return open === undefined ? [] : this.#fail(peer, open, 'aborted');
  }

  tick(now: number): readonly VerifyEffect[] {
    const late = [...this.#rounds].filter(([, { until }]) => until <= now);
    return late.flatMap(([peer, open]) => this.#fail(peer, open, 'timed-out'));
  }

  #answer(
    peer: PeerId,
    round: Uint8Array,
    secret: Uint8Array,
    now: number,
  ): readonly VerifyEffect[] {
    const open = this.#rounds.get(peer);
    // The same once more, as on a link that took over from another: our answer may have been lost with that.
    if (open?.isAsking === false && isSame(open.round, round)) {
      const again = { type: 'verify-answer', round, secret: open.secret } as const;
      return [{ type: 'send', peer, message: again }];
    }
    // Both asked at once, and the other answers ours.
    if (open?.isAsking === true && this.#self < peer) return [];
    const busy = [
      { type: 'send', peer, message: { type: 'verify-stop', round, why: 'busy' } },
    ] as const;
    // Whose user asks too has none but this round.
    const isWanted = open?.isAsking === true;
    if (!isWanted && (open !== undefined || !this.#mayBegin(peer, now))) return busy;
    this.#rounds.set(peer, { isAsking: false, round, secret, until: now + ROUND_MS });
    return [{ type: 'send', peer, message: { type: 'verify-answer', round, secret } }];
  }

  #reveal(peer: PeerId, { round, secret }: Round, theirs: Uint8Array): readonly VerifyEffect[] {
    this.#rounds.delete(peer);
    const words = this.#words([this.#self, peer], [secret, theirs]);
    return [
      { type: 'send', peer, message: { type: 'verify-reveal', round, secret } },
      { type: 'words', peer, words, isAsked: true },
    ];
  }

  #judge(peer: PeerId, open: Round, theirs: Uint8Array): readonly VerifyEffect[] {
    const { round, secret } = open;
    if (!isSame(this.#commitment(peer, this.#self, theirs), round)) {
      const stop = { type: 'verify-stop', round, why: 'mismatch' } as const;
      return [{ type: 'send', peer, message: stop }, ...this.#fail(peer, open, 'mismatch')];
    }
    this.#rounds.delete(peer);
    const words = this.#words([peer, this.#self], [theirs, secret]);
    return [{ type: 'words', peer, words, isAsked: false }];
  }

  #fail(peer: PeerId, { isAsking }: Round, why: VerifyFailure): readonly VerifyEffect[] {
    this.#rounds.delete(peer);
    const { begunAt = Number.NEGATIVE_INFINITY, failures: before = 0 } = this.#past.get(peer) ?? {};
    const failures = before + 1;
    this.#remember(peer, { begunAt, failures });
    return [{ type: 'failed', peer, why, isAsked: isAsking, failures }];
  }

  #mayBegin(peer: PeerId, now: number): boolean {
    const { begunAt = Number.NEGATIVE_INFINITY, failures = 0 } = this.#past.get(peer) ?? {};
    const begun =
      now - begunAt < BEGUN_EVERY_MS ? undefined : takeToken(this.#begun, BEGUN_RATE, now);
    if (begun === undefined) return false;
    this.#begun = begun;
    this.#remember(peer, { begunAt: now, failures });
    return true;
  }

  #remember(peer: PeerId, past: Past): void {
    this.#past.delete(peer);
    this.#past.set(peer, past);
    const [oldest] = this.#past.keys();
    if (this.#past.size > MOST_PEERS && oldest !== undefined) this.#past.delete(oldest);
  }

  /** @param ids of the one who asks, and of the one who answers; as TLS has proven them. */
  #commitment(asking: PeerId, answering: PeerId, secret: Uint8Array): Uint8Array {
    return this.#digest('p2p verify commit 1\0', [asking, answering, secret]);
  }

  #words(ids: readonly PeerId[], secrets: readonly Uint8Array[]): readonly string[] {
    const hash = this.#digest('p2p verify words 1\0', [...ids, ...secrets]);
    return wordsOf(hash.subarray(0, WORDS));
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
