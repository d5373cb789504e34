/** What the user said no to, as it is remembered. */
import { describe, expect, it } from 'vitest';
import type { OfferKey } from '#src/domain/send/send-offer.js';
import { Refusals } from '#src/peer/sends/refusals.js';

function refusalsOn(rows: Map<string, { readonly at: number }>) {
  const database = {
    all: async () => [...rows],
    put: async (_: string, key: string, row: unknown) => void rows.set(key, row as { at: number }),
    remove: async (_: string, key: string) => void rows.delete(key),
  };
  const parts = { database, tell: () => undefined };
  return new Refusals(parts as unknown as ConstructorParameters<typeof Refusals>[0]);
}

describe('refusals', () => {
  it('are the latest thousand, in memory and on the disk', async () => {
    const rows = new Map<string, { readonly at: number }>();
    const refusals = refusalsOn(rows);
    for (let at = 0; at < 1001; at += 1) refusals.add(`${at}` as OfferKey, true);
    await refusals.written();
    expect([rows.size, refusals.has('0' as OfferKey), rows.has('0')]).toEqual([1000, false, false]);
    const later = refusalsOn(rows);
    await later.read();
    expect([later.has('1' as OfferKey), later.has('1000' as OfferKey)]).toEqual([true, true]);
  });
});
