/**
 * Where the other end is. It may move: a new lease, another network, a router that forgot. What comes from elsewhere is
 * believed once that place has answered with a word only it was told, and nothing came from the old one meanwhile: whoever
 * replays from elsewhere what he saw on the way does not keep it from arriving. Until then nothing else is sent there. And
 * the other way round: whoever is asked where he is says the word back from there. Time in microseconds.
 */
import type { Departures } from './departures.js';

/** An address as the sockets say it. */
export type Address = { readonly host: string; readonly port: number };

/** Somewhere else the other end may be; it is asked again after another packet from there, not before `askAt`. */
type Candidate = {
  readonly address: Address;
  readonly word: number;
  readonly isDue: boolean;
  readonly askAt: number;
};

/** So long the old place has to be silent: what was replayed on the way comes from there as well, a little later. */
const SILENCE_US = 100_000;

/** Longer than most ways take there and back: an answer may be on its way. */
const AGAIN_US = 200_000;

export class Path {
  #address: Address;
  #candidate: Candidate | undefined;
  /** What we were asked, and from where. */
  #asked: { readonly word: number; readonly from: Address } | undefined;

  constructor(address: Address) {
    this.#address = address;
  }

  get address(): Address {
    return this.#address;
  }

  /** A packet came from there, the newest or another. @param word nobody can guess it. */
  cameFrom(address: Address, isNewest: boolean, word: () => number, now: number): void {
    const known = this.#candidate;
    if (isSame(address, this.#address)) this.#candidate = undefined;
    else if (!isNewest) return;
    else if (known !== undefined && isSame(address, known.address)) {
      // One question for each packet at most, which is no longer: whoever forges addresses has nobody sent more.
      this.#candidate = { ...known, isDue: true };
    } else this.#candidate = { address, word: word(), isDue: true, askAt: now + SILENCE_US };
  }

  /** The other end asks whether we are where it hears us from. */
  asked(word: number, from: Address): void {
    this.#asked = { word, from };
  }

  /** When there is something to be answered or asked. */
  get dueAt(): number {
    if (this.#asked !== undefined) return 0;
    return this.#candidate?.isDue === true ? this.#candidate.askAt : Number.POSITIVE_INFINITY;
  }

  /** Lets an answer or a question leave, if one is due. @returns whether one did: there may be more. */
  depart(now: number, departures: Pick<Departures, 'answer' | 'question'>): boolean {
    if (now < this.dueAt) return false;
    if (this.#asked !== undefined) {
      departures.answer(this.#asked.word, this.#asked.from);
      this.#asked = undefined;
    } else if (this.#candidate !== undefined) {
      departures.question(this.#candidate.word, this.#candidate.address);
      this.#candidate = { ...this.#candidate, isDue: false, askAt: now + AGAIN_US };
    }
    return true;
  }

  /** A word came back. @returns whether the other end has moved by it. */
  answered(address: Address, word: number): boolean {
    const candidate = this.#candidate;
    if (candidate?.word !== word || !isSame(address, candidate.address)) return false;
    this.#address = candidate.address;
    this.#candidate = undefined;
    return true;
  }
}

function isSame(one: Address, other: Address): boolean {
  return one.port === other.port && one.host === other.host;
}
