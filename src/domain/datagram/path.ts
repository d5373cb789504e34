/**
 * Where the other end is. It may move: a new lease, another network, a router that forgot. What comes from elsewhere is
 * believed once that place has answered with a word only it was told; until then nothing else is sent there.
 */

/** An address as the sockets say it. */
export type Address = { readonly host: string; readonly port: number };

/** A question, and when it may be asked again. */
type Candidate = {
  readonly address: Address;
  readonly word: number;
  readonly tries: number;
  readonly askAt: number;
};

/** Its answers may be lost as often as anything; a place that does not answer then is none. */
const TRIES = 5;
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
    if (isSame(address, this.#address)) this.#candidate = undefined;
    else if (this.#candidate === undefined || !isSame(address, this.#candidate.address)) {
      this.#candidate = { address, word: word(), tries: 0, askAt: now };
    }
  }

  /** When there is something to be asked. */
  get askAt(): number {
    return this.#candidate?.askAt ?? Number.POSITIVE_INFINITY;
  }

  /** @returns whom to ask with which word, if the time has come. */
  ask(now: number): { readonly address: Address; readonly word: number } | undefined {
    const candidate = this.#candidate;
    if (candidate === undefined || now < candidate.askAt) return undefined;
    const tries = candidate.tries + 1;
    this.#candidate = tries > TRIES ? undefined : { ...candidate, tries, askAt: now + AGAIN_US };
    return tries > TRIES ? undefined : candidate;
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
