import { expect, it } from 'vitest';
import { type HeardOffer, type OfferId, offerKey } from '#src/domain/send/send-offer.js';
import { OfferNumbers } from '#src/peer/sends/offer-numbers.js';
import { OTHER_ID, PEER_ID } from '#test/support/fake-peer.js';
import { offerWith } from '#test/support/hostile-sender.js';

const OFFER = { ...offerWith({ to: PEER_ID }), from: OTHER_ID, fromName: 'anna', sentAt: 1 };

const nth = (at: number): HeardOffer => ({
  ...OFFER,
  offerId: at.toString(16).padStart(32, '0') as OfferId,
});
const keyOf = ({ offerId }: HeardOffer) => offerKey(OTHER_ID, offerId);

/** Tables that outlast a start. @param held a first write waits for it */
function disk(held: Promise<void> = Promise.resolve()) {
  const tables = new Map<string, Map<string, object>>();
  const writes: string[] = [];
  const of = (table: string) => tables.get(table) ?? new Map<string, object>();
  const write = async (table: string, what: (rows: Map<string, object>) => void) => {
    writes.push(table);
    await held;
    const rows = of(table);
    what(rows);
    tables.set(table, rows);
  };
  const database = {
    all: async (table: string) => [...of(table)],
    get: async (table: string, key: string) => of(table).get(key),
    put: (table: string, key: string, row: object) => write(table, (rows) => rows.set(key, row)),
    remove: (table: string, key: string) => write(table, (rows) => rows.delete(key)),
  };
  const start = async () => {
    const numbers = new OfferNumbers({ database: database as never, tell: () => undefined });
    await numbers.read();
    return numbers;
  };
  return { start, writes, rows: () => of('offerNumbers').size };
}

it('of what is offered and taken back for ever little is written, and one synced row in a hundred numbers', async () => {
  const { start, writes, rows } = disk();
  const numbers = await start();
  for (let at = 1; at <= 1000; at += 1) {
    expect(numbers.of(nth(at))).toBe(at);
    numbers.forget(keyOf(nth(at)));
    await numbers.written();
  }
  const counts = writes.filter((table) => table === 'offerCount');
  expect([counts.length, writes.length, rows()]).toEqual([10, 10, 0]);
});

it('while the disk is slow what was taken back by then waits for nothing', async () => {
  let go: () => void = () => undefined;
  const { start, writes, rows } = disk(
    new Promise((resolve) => {
      go = resolve;
    }),
  );
  const numbers = await start();
  for (let at = 1; at <= 5000; at += 1) {
    numbers.of(nth(at));
    if (at % 100 !== 0) numbers.forget(keyOf(nth(at)));
    await Promise.resolve();
  }
  go();
  await numbers.written();
  expect(rows()).toBe(50);
  expect(writes.length).toBeLessThan(60);
});

it('a number that was given is never given again after a start, and after an orderly end none is left out', async () => {
  const { start } = disk();
  const killed = await start();
  expect([killed.of(nth(1)), killed.of(nth(2))]).toEqual([1, 2]);
  killed.forget(keyOf(nth(2)));
  await killed.written();
  const next = await start();
  expect([next.of(nth(1)), next.of(nth(2))]).toEqual([1, 101]);
  await next.close();
  expect((await start()).of(nth(3))).toBe(102);
});
