/** What did not come of a send, and is asked for once more. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Preferred } from '#src/domain/send/preferred.js';
import { newOfferId } from '#src/peer/sends/new-offer-id.js';
import { SendAnswers, type SendAnswersParts } from '#src/peer/sends/send-answers.js';
import { type Send, SendBook } from '#src/peer/sends/send-book.js';
import { SendRest } from '#src/peer/sends/send-rest.js';
import type { Sent } from '#src/peer/sends/send-source.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

const OFFERED_AT = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;

/** A folder that came at its peer but for one file. */
function sentButForOne(): Send {
  const failed = { failed: ['log'], failedCount: 1 };
  const recipient = { peerId: OTHER_ID, name: 'ben', state: 'received', at: 1, missing: failed };
  const record = {
    offerId: newOfferId(),
    name: 'folder',
    path: '/folder',
    at: OFFERED_AT,
    isOpen: false,
    recipients: [recipient],
    ...failed,
  };
  return { record } as unknown as Send;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('what did not come of a send', () => {
  it('is listed once, however often it is asked for meanwhile', async () => {
    const send = sentButForOne();
    const content = { id: 'c', files: 1 };
    const begin = vi.fn(async () => ({
      listed: { draft: 'd' },
      content: Promise.resolve(content),
    }));
    const offer = vi.fn(async () => send);
    const source = { begin, letGo: () => undefined } as never;
    const rest = new SendRest({ book: { open: [] } as unknown as SendBook, source, offer });
    await Promise.all([rest.send(send, OTHER_ID), rest.send(send, OTHER_ID)]);
    expect(begin).toHaveBeenCalledTimes(1);
    expect(offer).toHaveBeenCalledTimes(1);
  });

  it('has the priority of that from its beginning', async () => {
    const send = sentButForOne();
    send.record = { ...send.record, priority: 'high' };
    const listed = { listed: { draft: 'd' }, content: Promise.resolve({ files: 1 }) };
    const preferred: (readonly Preferred[])[] = [];
    const database = { all: async () => [], put: async () => undefined };
    const prefer = (now: readonly Preferred[]) => void preferred.push(now);
    const book = new SendBook(
      database as never,
      () => undefined,
      prefer,
      () => undefined,
    );
    const offer = async (sent: Sent) =>
      book.add({ ...sent, draft: 'd', id: '', isOpen: true, recipients: [] } as never);
    const source = { begin: async () => listed, letGo: () => undefined } as never;
    await new SendRest({ book, source, offer }).send(send, OTHER_ID);
    expect(preferred).toEqual([[{ id: 'd', to: OTHER_ID, priority: 'high' }]]);
  });

  it.each([
    ['is given to who asks within a week', 6, 1, 0],
    ['is not given to who asks later, and he is told so', 8, 0, 1],
  ])('%s', async (_, days, given, refused) => {
    vi.useFakeTimers({ toFake: ['Date'], now: OFFERED_AT + days * DAY_MS });
    const send = sentButForOne();
    const end = vi.fn();
    const again = vi.fn(async () => send);
    const answers = new SendAnswers({
      book: { get: () => send },
      words: { end },
      isBlocked: () => false,
      rest: { lacking: () => [OTHER_ID], isDue: () => true, send: again },
    } as unknown as SendAnswersParts);
    await answers.hearAgain(OTHER_ID, send.record.offerId as never);
    expect(again).toHaveBeenCalledTimes(given);
    expect(end).toHaveBeenCalledTimes(refused);
  });
});
