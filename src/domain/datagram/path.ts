/**
 * Where the other end is. It may move: a new lease, another network, a router that forgot. What comes from elsewhere is
 * believed once that place has answered with a word only it was told; until then nothing else is sent there.
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

  /** The newest packet came from there. @param word nobody can guess it. */
  cameFrom(address: Address, word: () => number, now: number): void {
    const known = this.#candidate;
    if (isSame(address, this.#address)) this.#candidate = undefined;
    else if (known !== undefined && isSame(address, known.address)) {
      // One question for each packet at most, which is no longer: whoever forges addresses has nobody sent more.
      this.#candidate = { ...known, isDue: true };
    } else this.#candidate = { address, word: word(), isDue: true, askAt: now };
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
