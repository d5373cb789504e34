/** What was taken without asking the user, as far as it counts. */
import { stat } from 'node:fs/promises';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import { absentAs } from '#src/io/disk/missing.js';

export type Unasked = { readonly bytes: number; readonly count: number };

/** @returns how much of it lies where it was put, or is on its way; what its user moved or removed counts no more. */
export async function unaskedOf(records: readonly ReceiveRecord[]): Promise<Unasked> {
  let [bytes, count] = [0, 0];
  for (const record of records) {
    if (!record.isUnasked) continue;
    const isThere = record.path === '' || (await stat(record.path).catch(absentAs(undefined)));
    if (!isThere) continue;
    bytes += record.bytes;
    count += 1;
  }
  return { bytes, count };
}
