import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import { SendBook } from '#src/peer/sends/send-book.js';
import { SendProgress } from '#src/peer/sends/send-progress.js';
import { OTHER_ID, PEER_ID } from '#test/support/fake-peer.js';

const CONTENT = 'c'.repeat(64) as ContentId;

const SENT: SendRecord = {
  offerId: '0123456789abcdef'.repeat(2),
  path: '/film',
  name: 'film',
  kind: 'file',
  draft: 'd'.repeat(64) as ContentId,
  id: CONTENT,
  bytes: 1000,
  chunks: 1,
  files: 1,
  to: '',
  at: 0,
  isOpen: true,
  recipients: [{ peerId: OTHER_ID, name: 'ben', state: 'accepted', at: 0 }],
};

const rowOf = (progress: SendProgress, record = SENT) =>
  progress.rows(record).find(({ peerId }) => peerId === OTHER_ID);

describe('an offer to all', () => {
  const rowsOf = (record: SendRecord) =>
    new SendProgress(
      () => true,
      () => 0,
    ).rows(record);

  it('is a row as long as it stands, whoever has taken it or not', () => {
    const offered = { state: 'offered', name: 'film', totalBytes: 1000, taken: 0 };
    expect(rowsOf({ ...SENT, recipients: [] })).toMatchObject([offered]);
    const [taker] = SENT.recipients;
    if (taker === undefined) throw new Error('somebody has taken it');
    const recipients = [taker, { ...taker, peerId: PEER_ID, state: 'rejected' as const }];
    expect(rowsOf({ ...SENT, recipients })).toMatchObject([
      { ...offered, taken: 1 },
      { peerId: OTHER_ID, state: 'waiting' },
      { peerId: PEER_ID, state: 'cancelled' },
    ]);
    expect(rowsOf({ ...SENT, isPaused: true })[0]).toMatchObject({ state: 'paused', taken: 1 });
  });

  it('that was taken back is none any more', () => {
    expect(rowsOf({ ...SENT, isOpen: false })).toMatchObject([{ peerId: OTHER_ID }]);
    expect(rowsOf({ ...SENT, recipients: [], isOpen: false })).toMatchObject([
      { state: 'cancelled' },
    ]);
  });
});

describe('how far a send has come with one peer', () => {
  it('is not remembered where the send is not', async () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    progress.served([{ id: CONTENT, peerId: OTHER_ID, bytes: 500 }], [SENT]);
    expect(rowOf(progress)).toMatchObject({ sentBytes: 500 });
    progress.forget(SENT.offerId);
    expect(rowOf(progress)).toMatchObject({ sentBytes: 0 });
    const forgotten: string[] = [];
    const database = { put: async () => undefined, remove: async () => undefined };
    const nobody = () => undefined;
    const forget = (id: string) => void forgotten.push(id);
    const book = new SendBook(database as never, nobody, nobody, forget);
    for (let nth = 0; nth <= 1000; nth += 1) {
      await book.add({ ...SENT, offerId: `offer ${nth}`, isOpen: false });
    }
    expect(forgotten).toEqual(['offer 0']);
  });

  it('is what has left for it until it says what it has, and never more than there is', () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    progress.served([{ id: CONTENT, peerId: OTHER_ID, bytes: 1500 }], [SENT]);
    expect(rowOf(progress)).toMatchObject({ bytes: 1000, sentBytes: 1500, state: 'running' });
    expect(progress.held(SENT, OTHER_ID, 400)).toBe(true);
    expect(rowOf(progress)).toMatchObject({ bytes: 400, sentBytes: 1500, bytesPerSecond: 400 });
    progress.held(SENT, OTHER_ID, Number.MAX_SAFE_INTEGER);
    expect(rowOf(progress)?.bytes).toBe(1000);
  });

  it('counts what others gave it: what it says to have moves, though nothing leaves here', () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    progress.held(SENT, OTHER_ID, 600);
    expect(rowOf(progress)).toMatchObject({ bytes: 600, sentBytes: 0, state: 'running' });
  });

  it('is told again once a second at most, however often it says so', () => {
    let now = 0;
    const progress = new SendProgress(
      () => true,
      () => now,
    );
    const told = Array.from({ length: 100 }, () => {
      now += 100;
      return progress.held(SENT, OTHER_ID, now / 100);
    });
    expect(told.filter(Boolean).length).toBeLessThanOrEqual(11);
  });

  it.each([
    ['accepted', 'disk-full', 'waiting', 'the disk of ben'],
    ['rejected', 'too-large', 'failed', 'send it again'],
    ['full', undefined, 'waiting', 'too many offers'],
  ] as const)('says why nothing moves where he said %s (%s)', (said, obstacle, state, text) => {
    const about = { peerId: OTHER_ID, name: 'ben', state: said, at: 0 };
    const recipients = [{ ...about, ...(obstacle !== undefined && { obstacle }) }];
    const row = rowOf(
      new SendProgress(
        () => true,
        () => 0,
      ),
      { ...SENT, recipients },
    );
    const why = { code: obstacle ?? 'full', message: expect.stringContaining(text) };
    expect(row).toMatchObject({ state, why });
  });

  it('waits for one who has paused it there, whatever was on its way, and does not where it goes on', () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    progress.served([{ id: CONTENT, peerId: OTHER_ID, bytes: 500 }], [SENT]);
    expect(rowOf(progress)).toMatchObject({ state: 'running' });
    const about = { peerId: OTHER_ID, name: 'ben', state: 'accepted', at: 0 } as const;
    const paused = { ...SENT, recipients: [{ ...about, obstacle: 'paused' as const }] };
    expect(rowOf(progress, paused)).toMatchObject({
      state: 'waiting',
      bytesPerSecond: 0,
      why: { code: 'paused', message: expect.stringMatching(/^paused by ben/) },
    });
    expect(rowOf(progress)).not.toHaveProperty('why');
  });

  it('waits for who is away whatever he had said before, and says whom it is offered to still', () => {
    const away = new SendProgress(
      () => false,
      () => 0,
    );
    const about = { peerId: OTHER_ID, name: 'ben', state: 'accepted', at: 0 } as const;
    const paused = { ...SENT, recipients: [{ ...about, obstacle: 'paused' as const }] };
    const goesOn = { code: 'away', message: expect.stringContaining('it goes on') };
    for (const record of [SENT, paused]) {
      expect(rowOf(away, record)).toMatchObject({ state: 'waiting', why: goesOn });
    }
    const unanswered = { ...SENT, to: OTHER_ID, toName: 'ben', recipients: [] };
    const offered = { code: 'away', message: expect.stringMatching(/^ben .* it is offered/) };
    expect(rowOf(away, unanswered)).toMatchObject({ state: 'waiting', why: offered });
    const here = new SendProgress(
      () => true,
      () => 0,
    );
    const asked = { code: 'unanswered', message: expect.stringMatching(/^ben .* not accepted/) };
    expect(rowOf(here, unanswered)).toMatchObject({ state: 'waiting', why: asked });
    expect(rowOf(away, { ...unanswered, isPaused: true })).not.toHaveProperty('why');
    expect(rowOf(away, { ...unanswered, isOpen: false })).not.toHaveProperty('why');
  });

  it('to one alone goes as fast as it leaves, though what is proven there comes by whole chunks', () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    const toBen = { ...SENT, to: OTHER_ID };
    progress.served([{ id: CONTENT, peerId: OTHER_ID, bytes: 300 }], [toBen]);
    progress.held(toBen, OTHER_ID, 0);
    expect(rowOf(progress, toBen)).toMatchObject({
      state: 'running',
      bytes: 0,
      bytesPerSecond: 300,
    });
  });

  it('has failed, and says why, where it cannot be sent any more, but for who has it or does not want it', () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    const ended = { ...SENT, isOpen: false, failure: '/film is gone' };
    const failed = { state: 'failed', why: { code: 'changed', message: '/film is gone' } };
    expect(rowOf(progress, ended)).toMatchObject(failed);
    expect(progress.rows({ ...ended, recipients: [] })).toMatchObject([failed]);
    expect(rowOf(progress, { ...SENT, isOpen: false })).toMatchObject({ state: 'cancelled' });
    const toBen = (state: 'rejected' | 'received') =>
      rowOf(progress, { ...ended, recipients: [{ peerId: OTHER_ID, name: 'ben', state, at: 0 }] });
    const unwanted = {
      code: 'rejected',
      message: expect.stringMatching(/^ben .*does not want it/),
    };
    expect(toBen('rejected')).toMatchObject({ state: 'cancelled', why: unwanted });
    expect(toBen('received')).toMatchObject({ state: 'completed' });
    expect(toBen('received')).not.toHaveProperty('why');
  });

  it('is over with each when he has it or does not want it, and with all when it is open no more', () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    const about = { peerId: OTHER_ID, name: 'ben', at: 7 };
    const said = (state: 'accepted' | 'received' | 'rejected', isOpen = true) =>
      rowOf(progress, { ...SENT, isOpen, endedAt: 9, recipients: [{ ...about, state }] })?.endedAt;
    expect([said('received'), said('rejected'), said('accepted')]).toEqual([7, 7, undefined]);
    expect([said('received', false), said('accepted', false)]).toEqual([9, 9]);
    const taken = progress.rows({ ...SENT, isOpen: false, endedAt: 9, recipients: [] });
    expect(taken).toMatchObject([{ state: 'cancelled', endedAt: 9 }]);
  });

  it('is paused with its send, and all of it with a receipt', () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    progress.held(SENT, OTHER_ID, 10);
    expect(rowOf(progress, { ...SENT, isPaused: true })).toMatchObject({ state: 'paused' });
    const recipients = [{ ...SENT.recipients[0], state: 'received' }] as SendRecord['recipients'];
    const whole = { state: 'completed', bytes: 1000, bytesPerSecond: 0 };
    expect(rowOf(progress, { ...SENT, recipients })).toMatchObject(whole);
  });

  it('is known from an earlier start until it says more, also of what was taken back', () => {
    const progress = new SendProgress(
      () => true,
      () => 0,
    );
    progress.held(SENT, OTHER_ID, 600);
    const recipients = progress.reached(SENT);
    expect(recipients).toMatchObject([{ peerId: OTHER_ID, bytes: 600 }]);
    const record = { ...SENT, recipients: recipients ?? [] };
    expect(progress.reached(record)).toBeUndefined();
    const later = new SendProgress(
      () => true,
      () => 0,
    );
    expect(rowOf(later, { ...record, isPaused: true })).toMatchObject({
      state: 'paused',
      bytes: 600,
    });
    expect(rowOf(later, { ...record, isOpen: false })).toMatchObject({
      state: 'cancelled',
      bytes: 600,
    });
    later.held(record, OTHER_ID, 700);
    expect(rowOf(later, record)?.bytes).toBe(700);
  });
});
