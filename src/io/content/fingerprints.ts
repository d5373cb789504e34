/**
 * How each file of a content looked when it was hashed: device, inode, size, mtime and ctime in nanoseconds,
 * five u64 for each entry in manifest order (zeros for directories). A file that looks the same is not read
 * again; one that does not is never served under the old id.
 *
 * On disk: `P2PF` and a version (8 bytes), the content id (32), the values, BLAKE3 of all before. It never
 * leaves the machine, so numbers are in its own byte order.
 */
import type { BigIntStats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { HASH_BYTES, hashIsAt } from '#src/domain/content/hash.js';
import type { ContentId } from '#src/domain/ids.js';
import { missingAs } from '#src/io/disk/missing.js';
import { writeWhole } from '#src/io/disk/whole-file.js';
import { blake3Of } from './blake3.js';

export type Fingerprints = BigUint64Array;

/** Values for each entry. */
export const LOOK_VALUES = 5;

const MAGIC = Buffer.from('P2PF\0\0\0\x01', 'latin1');
const HEAD_BYTES = MAGIC.length + HASH_BYTES;

/** @returns room for the looks of so many entries, in memory that all threads may write to; all unknown yet. */
export function createLooks(entries: number): Fingerprints {
  const bytes = entries * LOOK_VALUES * BigUint64Array.BYTES_PER_ELEMENT;
  return new BigUint64Array(new SharedArrayBuffer(bytes));
}

/** @returns whether it is noted how entry `entry` looks: no file has the inode 0. */
export function hasLook(looks: Fingerprints, entry: number): boolean {
  return looks[entry * LOOK_VALUES + 1] !== 0n;
}

/** Notes how entry `entry` looks. */
export function setLook(looks: Fingerprints, entry: number, stats: BigIntStats): void {
  looks.set(lookOf(stats), entry * LOOK_VALUES);
}

/** Looks of files in the order they are found: 40 bytes each, where a `BigIntStats` takes some 700. */
export type LookList = { values: Fingerprints; count: number };

export function createLookList(): LookList {
  return { values: new BigUint64Array(LOOK_VALUES * 16), count: 0 };
}

/** @returns the position of the new look. */
export function addLook(list: LookList, stats: BigIntStats): number {
  if (list.values.length < (list.count + 1) * LOOK_VALUES) {
    const larger = new BigUint64Array(list.values.length * 2);
    larger.set(list.values);
    list.values = larger;
  }
  setLook(list.values, list.count, stats);
  list.count += 1;
  return list.count - 1;
}

export function copyLook(looks: Fingerprints, entry: number, from: LookList, at: number): void {
  const look = from.values.subarray(at * LOOK_VALUES, (at + 1) * LOOK_VALUES);
  looks.set(look, entry * LOOK_VALUES);
}

/** @returns when the content of one was changed, in milliseconds since 1970. */
export function modifiedMs(list: LookList, at: number): number {
  return Number((list.values[at * LOOK_VALUES + 3] ?? 0n) / 1_000_000n);
}

/** @returns when the last of them was changed, in milliseconds since 1970; 0 if there are none. */
export function newestChangeMs(list: LookList): number {
  let newest = 0n;
  for (let at = 0; at < list.count; at += 1) {
    const ctimeNs = list.values[at * LOOK_VALUES + 4] ?? 0n;
    if (ctimeNs > newest) newest = ctimeNs;
  }
  return Number(newest / 1_000_000n);
}

/** Makes an entry look like nothing that exists, so that it is read again. */
export function forgetLook(looks: Fingerprints, entry: number): void {
  looks.fill(0n, entry * LOOK_VALUES, (entry + 1) * LOOK_VALUES);
}

export function looksSame(looks: Fingerprints, entry: number, stats: BigIntStats): boolean {
  return lookOf(stats).every((value, index) => looks[entry * LOOK_VALUES + index] === value);
}

/** @returns whether both remember the same file, unchanged. */
export function sameLook(
  looks: Fingerprints,
  entry: number,
  others: Fingerprints,
  other: number,
): boolean {
  if (!hasLook(looks, entry)) return false;
  for (let index = 0; index < LOOK_VALUES; index += 1) {
    if (looks[entry * LOOK_VALUES + index] !== others[other * LOOK_VALUES + index]) return false;
  }
  return true;
}

export async function writeFingerprints(
  path: string,
  id: ContentId,
  looks: Fingerprints,
): Promise<void> {
  const body = Buffer.from(looks.buffer, looks.byteOffset, looks.byteLength);
  const whole = Buffer.concat([MAGIC, Buffer.from(id, 'hex'), body]);
  await writeWhole(path, [whole, blake3Of(whole)]);
}

/** @returns what was noted for `id`, or undefined where nothing was, or it is damaged. */
export async function readFingerprints(
  path: string,
  id: ContentId,
): Promise<Fingerprints | undefined> {
  const bytes = await readFile(path).catch(missingAs(undefined));
  if (bytes === undefined) return undefined;
  const end = bytes.length - HASH_BYTES;
  const isWhole = end >= HEAD_BYTES && (end - HEAD_BYTES) % (LOOK_VALUES * 8) === 0;
  if (!isWhole || !hashIsAt(bytes, end, blake3Of(bytes.subarray(0, end)))) return undefined;
  const head = Buffer.concat([MAGIC, Buffer.from(id, 'hex')]);
  if (!bytes.subarray(0, HEAD_BYTES).equals(head)) return undefined;
  const looks = new BigUint64Array((end - HEAD_BYTES) / 8);
  Buffer.from(looks.buffer).set(bytes.subarray(HEAD_BYTES, end));
  return looks;
}

function lookOf(stats: BigIntStats): readonly bigint[] {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].map((value) =>
    BigInt.asUintN(64, value),
  );
}
