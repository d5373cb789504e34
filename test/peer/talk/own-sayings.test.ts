import { expect, it, onTestFinished } from 'vitest';
import type { OwnCount } from '#src/domain/mesh/own-count.js';
import { type Database, openDatabase } from '#src/io/disk/database.js';
import type { MessageRow } from '#src/peer/rows.js';
import { OwnSayings } from '#src/peer/talk/own-sayings.js';
import { newFolder } from '#test/support/folders.js';

const ROW = { text: 'hello' } as MessageRow;

async function newDatabase(): Promise<Database> {
  const { database } = await openDatabase(newFolder());
  onTestFinished(() => database.close());
  return database;
}

/** One start of a peer. @param onSent what becomes of each message once it is on its way. */
async function startOn(
  database: Pick<Database, 'get' | 'put'>,
  onSent: (sayings: OwnSayings, count: OwnCount) => void,
) {
  const sayings = new OwnSayings(database);
  await sayings.read();
  const counts: OwnCount[] = [];
  const crew: Parameters<OwnSayings['say']>[2] = {
    send: (_, order) => {
      if (order.type !== 'say') return;
      const { epoch, sequence } = order;
      counts.push({ epoch, sequence });
      onSent(sayings, { epoch, sequence });
    },
  };
  return { counts, say: () => sayings.say('hello', [], crew) };
}

it('goes on numbering where an earlier start has ended, though nobody heard of it', async () => {
  const database = await newDatabase();
  const stored = (sayings: OwnSayings, count: OwnCount) => sayings.stored(count, ROW);
  const first = await startOn(database, stored);
  expect(await first.say()).toBe(ROW);
  const second = await startOn(database, stored);
  await second.say();
  const [{ epoch, sequence } = { epoch: 0, sequence: 0 }] = first.counts;
  expect(sequence).toBe(1);
  expect(second.counts).toEqual([{ epoch, sequence: 2 }]);
});

it('says nothing under a number that could not be stored', async () => {
  const put = () => Promise.reject(new Error('no space left'));
  const full = { ...(await newDatabase()), put };
  const { counts, say } = await startOn(full, () => undefined);
  await expect(say()).rejects.toThrow('no space left');
  expect(counts).toEqual([]);
});

it('leaves nobody waiting for what was on its way as the peer ended', async () => {
  const { say } = await startOn(await newDatabase(), (sayings) => sayings.close());
  await expect(say()).rejects.toMatchObject({ code: 'closed' });
});
