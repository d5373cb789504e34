/** What those whom something is offered to say of it, as it is remembered and told. */
import { expect, it } from 'vitest';
import type { OfferAnswer, OfferId } from '#src/domain/send/send-offer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import { SendAnswers, type SendAnswersParts } from '#src/peer/sends/send-answers.js';
import { SendBook } from '#src/peer/sends/send-book.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { manualClock } from '#test/support/manual-clock.js';

const OFFER = 'a'.repeat(32) as OfferId;

/** Something is offered to all. */
async function scene() {
  const stored: SendRecord[] = [];
  const told: string[] = [];
  const clock = manualClock();
  const put = async (_: string, __: string, record: SendRecord) => void stored.push(record);
  const nobody = () => undefined;
  const tell = ({ type }: { readonly type: string }) => void told.push(type);
  const database = { put, remove: nobody } as never;
  const book = new SendBook(database, tell, nobody, nobody, clock);
  const record = { offerId: OFFER, name: 'film', to: '', isOpen: true, id: 'c', draft: 'd' };
  await book.add({ ...record, recipients: [] } as unknown as SendRecord);
  const answers = new SendAnswers({
    book,
    words: { standing: nobody },
    isBlocked: () => false,
    known: nobody,
    tell,
    answered: () => void told.push('shown'),
  } as unknown as SendAnswersParts);
  const hear = (turns: number, obstacle?: 'paused', answer: OfferAnswer = 'accepted') =>
    answers.hearAnswer(OTHER_ID, { offerId: OFFER, answer, turns, ...(obstacle && { obstacle }) });
  const turnsStored = async () => {
    await Promise.all([book.get(OFFER)].map(() => new Promise(setImmediate)));
    return stored.map(({ recipients }) => recipients[0]?.turns);
  };
  return { book, clock, hear, told, turnsStored };
}

it('holds at once and is stored every two seconds, however often somebody says he goes on', async () => {
  const { book, clock, hear, told, turnsStored } = await scene();
  for (let turns = 0; turns < 100; turns += 1) {
    hear(turns);
    clock.pass(50);
  }
  expect(book.get(OFFER)?.record.recipients[0]?.turns).toBe(99);
  expect(await turnsStored()).toEqual([undefined, 0, 1, 40, 80]);
  clock.pass(10_000);
  expect(await turnsStored()).toEqual([undefined, 0, 1, 40, 80, 99]);
  expect(told).toEqual(['offer-answered', 'shown']);
});

it('is stored with what is stored at once, as a peer ends and when it is asked for', async () => {
  const { book, clock, hear, turnsStored } = await scene();
  for (const turns of [0, 1, 2]) hear(turns, 'paused');
  await book.written();
  expect(await turnsStored()).toEqual([undefined, 0, 1, 2]);
  hear(3);
  book.change(book.get(OFFER) as never, { priority: 'high' });
  clock.pass(10_000);
  expect(await turnsStored()).toEqual([undefined, 0, 1, 2, 3]);
  for (const turns of [4, 5]) hear(turns);
  await book.close();
  hear(6);
  expect(await turnsStored()).toEqual([undefined, 0, 1, 2, 3, 4, 5, 6]);
});
