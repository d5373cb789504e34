/** Damages sound bytes the way fuzzers do: bits, numbers, lengths, pieces. A seed brings a run back. */
import { randomFrom } from './random.js';

type Random = () => number;
type Mutation = (bytes: Buffer, random: Random, other: Uint8Array) => Buffer;

/** Where counters overflow, signs turn and doubles lose whole numbers. */
const NUMBERS = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffffn,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Grown by splices without end, a sample would only get slow. */
const MOST_BYTES = 64 * 1024;

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const at = below(bytes.length, random);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << below(8, random)), at);
    return bytes;
  },
  (bytes, random) => {
    bytes.writeUInt8(below(256, random), below(bytes.length, random));
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, below(bytes.length, random)),
  (bytes, random) => bytes.subarray(below(bytes.length, random)),
  (bytes, random) => {
    const [from, to] = span(bytes.length, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const [from, to] = span(bytes.length, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, random, other) => {
    const [from, to] = span(other.length, random);
    const at = below(bytes.length, random);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const width = [1, 2, 4, 8][below(4, random)] ?? 1;
    if (bytes.length < width) return bytes;
    const number = NUMBERS[below(NUMBERS.length, random)] ?? 0n;
    const lie = Buffer.alloc(8);
    lie.writeBigUInt64BE(number);
    lie.copy(bytes, below(bytes.length - width + 1, random), 8 - width);
    return bytes;
  },
];

/** @returns one damaged copy; `other` is where pieces come from. */
export function mutated(sample: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(sample);
  for (let blows = 1 + below(4, random); blows > 0 && bytes.length > 0; blows -= 1) {
    const mutate = MUTATIONS[below(MUTATIONS.length, random)];
    if (mutate !== undefined) bytes = Buffer.from(mutate(bytes, random, other));
  }
  return new Uint8Array(bytes.subarray(0, MOST_BYTES));
}

/**
 * Gives `parse` so many damaged samples. What it throws is reported with the seed and the bytes.
 * @param parse throws on whatever is not its documented way to refuse.
 */
export function batter(
  samples: readonly Uint8Array[],
  parse: (bytes: Uint8Array) => void,
  times: number,
  seed: number,
): void {
  const random = randomFrom(seed);
  const any = () => samples[below(samples.length, random)] ?? new Uint8Array();
  for (let time = 0; time < times; time += 1) {
    const bytes = mutated(any(), any(), random);
    try {
      parse(bytes);
    } catch (cause) {
      const hex = Buffer.from(bytes.subarray(0, 512)).toString('hex');
      throw new Error(`seed ${seed}, sample ${time}: ${(cause as Error).message}; bytes ${hex}`, {
        cause,
      });
    }
  }
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}

function span(length: number, random: Random): readonly [number, number] {
  const [one, other] = [below(length + 1, random), below(length + 1, random)];
  return one < other ? [one, other] : [other, one];
}
