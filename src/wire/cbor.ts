import { decode, encode, type Token, Tokenizer } from 'cborg';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';

/** A page of 200 catalogue rows is 2,200 tokens; nothing honest comes near this. */
const MAX_TOKENS = 8192;

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
} as const;

/** Refuses what is nested or numerous beyond the limits before cborg recurses into it. */
class LimitedTokenizer extends Tokenizer {
  #tokens = 0;
  /** How many items each open container still expects. */
  readonly #open: number[] = [];

  override next(): Token {
    const token = super.next();
    this.#tokens += 1;
    if (this.#tokens > MAX_TOKENS) throw new Error('too many elements');
    this.#closeOneItem();
    const { name } = token.type;
    if (name === 'array' || name === 'map')
      this.#enter(Number(token.value), name === 'map' ? 2 : 1);
    if (name === 'tag') throw new Error('tags are not used here');
    return token;
  }

  #enter(count: number, itemsEach: number): void {
    if (count > LIMITS.elements) throw new Error('a container with too many elements');
    if (this.#open.length >= LIMITS.nesting) throw new Error('nested too deeply');
    if (count > 0) this.#open.push(count * itemsEach);
  }

  #closeOneItem(): void {
    const last = this.#open.length - 1;
    const left = this.#open[last];
    if (left === undefined) return;
    if (left > 1) this.#open[last] = left - 1;
    else this.#open.pop();
  }
}

/** @returns canonical CBOR (RFC 8949, section 4.2). */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value, { ignoreUndefinedProperties: true });
}

/**
 * Decodes what a peer sent: maps become `Map`s (a key named `__proto__` is just a key), integers above
 * 2^53-1 are refused and never rounded, and nothing is allocated from a claimed count.
 * @throws P2pError `protocol`
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { ...STRICT, tokenizer: new LimitedTokenizer(bytes, STRICT) });
  } catch (cause) {
    throw new P2pError('protocol', `a frame that is no sound CBOR: ${(cause as Error).message}`, {
      cause,
    });
  }
}
