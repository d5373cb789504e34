/**
 * Where the other end is. It may move: a new lease, another network, a router that forgot. What comes from elsewhere is
 * believed once that place has answered with a word only it was told, and nothing came from the old one meanwhile: whoever
 * replays from elsewhere what he saw on the way does not keep it from arriving. Until then nothing else is sent there.
 */

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

  /** When there is something to be asked. */
  get askAt(): number {
    return this.#candidate?.isDue === true ? this.#candidate.askAt : Number.POSITIVE_INFINITY;
  }

  /** @returns whom to ask with which word, if the time has come. */
  ask(now: number): { readonly address: Address; readonly word: number } | undefined {
    const candidate = this.#candidate;
    if (candidate === undefined || now < this.askAt) return undefined;
    this.#candidate = { ...candidate, isDue: false, askAt: now + AGAIN_US };
    return candidate;
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
