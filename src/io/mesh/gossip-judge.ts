/** Judges messages before they count: by whom they were signed, how often he speaks, and whether they were here before. */
import { type ErrorRecord, P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { AUTHOR_RATE } from '#src/domain/mesh/author-rate.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import { ClockCheck } from '#src/domain/mesh/clock-check.js';
import { Reception } from '#src/domain/mesh/reception.js';
import { QUERY_LIMITS, QUERY_RATE } from '#src/domain/query/query.js';
import { isFreshStop } from '#src/domain/query/remote-stop.js';
import { type Bucket, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';
import { OFFER_RATE } from '#src/domain/send/send-offer.js';
import {
  messageIdOf,
  openMessage,
  type Said,
  type SignedMessage,
} from '#src/wire/signed-message.js';

/**
 * Of all authors together whom the user does not trust: whoever invents authors is no faster for it. What lasts and is not heard for this comes by
 * history. A room of hundreds says less; a network is named by one pulse in 20 s, and two that merge by a few more.
 */
const RATES_OF_ALL: Readonly<Record<Said['kind'], Rate>> = {
  say: { perSecond: 200, burst: 2000 },
  pulse: { perSecond: 2, burst: 100 },
  stop: { perSecond: 2, burst: 20 },
  query: { perSecond: 20, burst: 100 },
  // A line on everybody's screen each.
  offer: { perSecond: 2, burst: 40 },
  // Goes to one peer alone.
  tell: { perSecond: 0, burst: 0 },
  receipt: { perSecond: 0, burst: 0 },
};

/** Authors whose rate is followed; whoever spoke longest ago begins anew. */
const MOST_AUTHORS = 4096;

/** What passes is numbered by its author's clock: one that was set to another day still works, on its way too. */
const MOST_OFF_MS = 2 * 86_400_000;

/** Some messages last: all are to have each of them, however late. Some pass and are kept by nobody. Some are not for all. */
const NATURES: Readonly<Record<Said['kind'], 'lasting' | 'passing' | 'private'>> = {
  say: 'lasting',
  tell: 'private',
  pulse: 'passing',
  stop: 'passing',
  query: 'passing',
  offer: 'passing',
  receipt: 'private',
};

export type JudgeOptions = {
  /** What they say is not held back by what all the others say. */
  readonly isTrusted: (peer: PeerId) => boolean;
  readonly isLinked: (peer: PeerId) => boolean;
  /** Of what the user should know. */
  readonly warn: (trouble: ErrorRecord) => void;
};

type Rates = Map<PeerId, Bucket>;

export class GossipJudge {
  readonly #reception: Reception;
  readonly #self: PeerId;
  readonly #others: JudgeOptions;
  readonly #clocks = new ClockCheck();
  readonly #passed = new Reception();
  readonly #rates: Rates = new Map();
  readonly #queryRates: Rates = new Map();
  readonly #offerRates: Rates = new Map();
  readonly #allRates = new Map<Said['kind'], Bucket>();
  /** Messages that nobody was shown as their author spoke too much. */
  tooMany = 0;

  /**
   * @param reception of what users are shown
   * @param self what it says is not held back: whoever says it asks before
   */
  constructor(reception: Reception, self: PeerId, others: JudgeOptions) {
    this.#reception = reception;
    this.#self = self;
    this.#others = others;
  }

  /**
   * @returns the message, or undefined where it is to go no further.
   * @throws P2pError `protocol`: whoever passed it on did not judge it
   */
  judge(id: MessageId, payload: Uint8Array, now: number): SignedMessage | undefined {
    if (messageIdOf(payload) !== id) throw new P2pError('protocol', 'a message under a wrong id');
    const message = openMessage(payload);
    const nature = NATURES[message.said.kind];
    const isPrivate = nature === 'private' || isForOne(message);
    if (isPrivate) throw new P2pError('protocol', 'a private message told to all');
    const isNew = nature === 'passing' ? this.#mayPass(message, now) : this.#mayLast(message, now);
    return isNew ? message : undefined;
  }

  /**
   * History brings many at once: what counts is whether they are new.
   * @throws P2pError `protocol`: it is nothing that is kept
   */
  judgeMissed(payload: Uint8Array): { readonly message: SignedMessage; readonly isNew: boolean } {
    const message = openMessage(payload);
    if (NATURES[message.said.kind] !== 'lasting') {
      throw new P2pError('protocol', 'history of what nobody keeps');
    }
    return { message, isNew: this.#reception.accept(message, saidAt(message)) };
  }

  /** What passes is said a moment before it is heard: nobody keeps it, and what was heard before is no news here. */
  #checkClock(message: SignedMessage): void {
    const { isLinked, isTrusted, warn } = this.#others;
    const { author } = message;
    if (!isLinked(author) || this.#passed.has(message)) return;
    const trouble = this.#clocks.hear(message, isTrusted(author), Date.now());
    if (trouble !== undefined) warn(trouble);
  }

  #mayLast(message: SignedMessage, now: number): boolean {
    if (this.#reception.has(message)) return false;
    if (!this.#maySpeak(message.author, this.#rates, AUTHOR_RATE, now)) return false;
    if (!this.#isRoom(message, now)) return false;
    return this.#reception.accept(message, saidAt(message));
  }

  /** Whoever recorded one that passed and sends it again later revives nobody, and asks nothing. */
  #mayPass(message: SignedMessage, now: number): boolean {
    this.#checkClock(message);
    if (!isFresh(message) || this.#passed.has(message)) return false;
    const { said, author } = message;
    if (said.kind === 'stop' && !this.#maySpeak(author, this.#rates, AUTHOR_RATE, now))
      return false;
    if (said.kind === 'query' && !this.#maySpeak(author, this.#queryRates, QUERY_RATE, now)) {
      return false;
    }
    if (said.kind === 'offer' && !this.#maySpeak(author, this.#offerRates, OFFER_RATE, now)) {
      return false;
    }
    if (!this.#isRoom(message, now)) return false;
    return this.#passed.accept(message, saidAt(message));
  }

  /** Whether all together have not said too much of that kind. */
  #isRoom({ author, said: { kind } }: SignedMessage, now: number): boolean {
    if (author === this.#self || this.#others.isTrusted(author)) return true;
    const bucket = takeToken(this.#allRates.get(kind), RATES_OF_ALL[kind], now);
    if (bucket === undefined) this.tooMany += 1;
    else this.#allRates.set(kind, bucket);
    return bucket !== undefined;
  }

  #maySpeak(author: PeerId, rates: Rates, rate: Rate, now: number): boolean {
    if (author === this.#self) return true;
    const bucket = takeToken(rates.get(author), rate, now);
    if (bucket === undefined) {
      this.tooMany += 1;
      return false;
    }
    rates.delete(author);
    rates.set(author, bucket);
    const [oldest] = rates.keys();
    if (rates.size > MOST_AUTHORS && oldest !== undefined) rates.delete(oldest);
    return true;
  }
}

function isForOne({ said }: SignedMessage): boolean {
  return said.kind === 'offer' && said.offer.to !== undefined;
}

/** Who dates his words ahead is remembered no longer for it. */
function saidAt({ sentAt }: SignedMessage): number {
  return Math.min(sentAt, Date.now());
}

function isFresh({ sentAt, said }: SignedMessage): boolean {
  if (said.kind === 'stop' && !isFreshStop(sentAt, Date.now())) return false;
  const mostOff = said.kind === 'query' ? QUERY_LIMITS.freshMs : MOST_OFF_MS;
  return Math.abs(Date.now() - sentAt) <= mostOff;
}
