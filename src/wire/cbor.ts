import { isUtf8 } from 'node:buffer';
import { decode, encode, type Token, Tokenizer } from 'cborg';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';

/** A page of 200 catalogue rows is 2,200 tokens; nothing honest comes near this. */
const MAX_TOKENS = 8192;

const NO_BYTES = new Uint8Array();

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  useMaps: true,
  retainStringBytes: true,
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
    const { name } = token.type;
    if (name === 'tag') throw new Error('tags are not used here');
    // Every number here is whole, and each is to have one spelling: `1.0` is no second 1, `-0.0` no second 0.
    if (name === 'float') throw new Error('floating-point numbers are not used here');
    // cborg puts a replacement character for what is no UTF-8: two texts would look alike.
    if (name === 'string') token.value = textOf(token.byteValue ?? NO_BYTES);
    const items = name === 'array' || name === 'map' ? Number(token.value) : 0;
    if (items > 0) this.#enter(items, name === 'map' ? 2 : 1);
    else this.#closeItem();
    return token;
  }

  #enter(count: number, itemsEach: number): void {
    if (count > LIMITS.elements) throw new Error('a container with too many elements');
    if (this.#open.length >= LIMITS.nesting) throw new Error('nested too deeply');
    this.#open.push(count * itemsEach);
  }

  /** A container is closed by its last item, and is an item itself. */
  #closeItem(): void {
    for (let last = this.#open.length - 1; last >= 0; last -= 1) {
      const left = (this.#open[last] ?? 1) - 1;
      this.#open[last] = left;
      if (left > 0) return;
      this.#open.pop();
    }
  }
}

/** As it was written: a byte order mark is a character like any other, where cborg leaves it out. */
function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Error('a text that is not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
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
