/** Judges messages before they count: by whom they were signed, how often he speaks, and whether they were here before. */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import { Reception } from '#src/domain/mesh/reception.js';
import { isFreshStop } from '#src/domain/remote-stop.js';
import { type Bucket, takeToken } from '#src/domain/token-bucket.js';
import {
  messageIdOf,
  openMessage,
  type Said,
  type SignedMessage,
} from '#src/wire/signed-message.js';

/** Faster than anybody types, and enough for a program that reports. */
const RATE = { perSecond: 20, burst: 100 };

/** Authors whose rate is followed; whoever spoke longest ago begins anew. */
const MOST_AUTHORS = 4096;

/** What passes is numbered by its author's clock, which is off by less on machines that are looked after. */
const MOST_OFF_MS = 86_400_000;

/** Some messages last: all are to have each of them, however late. Some pass and are kept by nobody. Some are not for all. */
const NATURES: Readonly<Record<Said['kind'], 'lasting' | 'passing' | 'private'>> = {
  say: 'lasting',
  tell: 'private',
  pulse: 'passing',
  stop: 'passing',
};

export class GossipJudge {
  readonly #reception: Reception;
  readonly #passed = new Reception();
  readonly #rates = new Map<PeerId, Bucket>();
  /** Messages that nobody was shown as their author spoke too much. */
  tooMany = 0;

  /** @param reception of what users are shown. */
  constructor(reception: Reception) {
    this.#reception = reception;
  }

  /**
   * @returns the message, or undefined where it is to go no further.
   * @throws P2pError `protocol`: whoever passed it on did not judge it
   */
  judge(id: MessageId, payload: Uint8Array, now: number): SignedMessage | undefined {
    if (messageIdOf(payload) !== id) throw new P2pError('protocol', 'a message under a wrong id');
    const message = openMessage(payload);
    const nature = NATURES[message.said.kind];
    if (nature === 'private') throw new P2pError('protocol', 'a private message told to all');
    if (nature === 'passing') return this.#isFresh(message, now) ? message : undefined;
    if (this.#reception.has(message) || !this.#maySpeak(message.author, now)) return undefined;
    return this.#reception.accept(message, saidAt(message)) ? message : undefined;
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

  /** Whoever recorded one that passed and sends it again later revives nobody. */
  #isFresh(message: SignedMessage, now: number): boolean {
    const { sentAt, said, author } = message;
    if (Math.abs(Date.now() - sentAt) > MOST_OFF_MS) return false;
    if (said.kind === 'stop' && !isFreshStop(sentAt, Date.now())) return false;
    if (said.kind === 'stop' && !this.#maySpeak(author, now)) return false;
    return this.#passed.accept(message, saidAt(message));
  }

  #maySpeak(author: PeerId, now: number): boolean {
    const bucket = takeToken(this.#rates.get(author), RATE, now);
    if (bucket === undefined) {
      this.tooMany += 1;
      return false;
    }
    this.#rates.delete(author);
    this.#rates.set(author, bucket);
    const [oldest] = this.#rates.keys();
    if (this.#rates.size > MOST_AUTHORS && oldest !== undefined) this.#rates.delete(oldest);
    return true;
  }
}

/** Who dates his words ahead is remembered no longer for it. */
function saidAt({ sentAt }: SignedMessage): number {
  return Math.min(sentAt, Date.now());
}
