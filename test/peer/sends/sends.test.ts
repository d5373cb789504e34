/** What is sent, with peers and files that a test plays: in which order things happen is its choice. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { openDatabase } from '#src/io/disk/database.js';
import type { PeerEvent } from '#src/peer/events.js';
import { forgetEarlier } from '#src/peer/oneshot-home.js';
import type { Again, Begun, Content } from '#src/peer/sends/send-source.js';
import { Sends } from '#src/peer/sends/sends.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import type * as Mesh from '#workers/mesh.js';
import type * as TransferServer from '#workers/transfer-server.js';

const NONE = { skipped: [], skippedCount: 0, ignoredCount: 0 } as const;

const CONTENT: Content = {
  id: 'c'.repeat(64) as ContentId,
  bytes: 10,
  chunks: 1,
  files: 1,
  failed: [],
  failedCount: 0,
};

const LISTED = { ...CONTENT, ...NONE, draft: 'd'.repeat(64) as ContentId, kind: 'file' } as const;

/** A file of it changes each time it is looked at anew. */
function contentAtLook(look: number): Content {
  const id = String(look).repeat(64) as ContentId;
  return look === 0 ? CONTENT : { ...CONTENT, id, failed: ['log'], failedCount: 1 };
}

type Scene = {
  readonly sends: Sends;
  readonly linked: Set<PeerId>;
  /** What was said to one alone. */
  readonly told: (peer: PeerId) => readonly string[];
  readonly orders: readonly Mesh.In[];
  /** What the transfer server was told. */
  readonly served: readonly TransferServer.In[];
  readonly events: readonly PeerEvent[];
  /** Contents and drafts that may be had. */
  readonly held: ReadonlySet<string>;
  readonly end: () => Promise<void>;
  /** As what it was looked at each time. */
  readonly looks: readonly (Again | undefined)[];
};

const OTHER = { name: 'ben', host: '127.0.0.1', port: 1 };

async function sendsOf(folder = newFolder(), contentAt = contentAtLook): Promise<Scene> {
  const identity = await newIdentity();
  const { database } = await openDatabase(folder);
  const orders: Mesh.In[] = [];
  const served: TransferServer.In[] = [];
  const events: PeerEvent[] = [];
  const linked = new Set<PeerId>();
  const held = new Set<string>();
  const looks: (Again | undefined)[] = [];
  const begin = async (_: unknown, again?: Again): Promise<Begun> => {
    const content = contentAt(looks.push(again) - 1);
    return { listed: LISTED, soon: content, content: Promise.resolve(content) };
  };
  const sends = new Sends({
    home: { self: selfOf(identity), credentials: identity.credentials, database },
    source: {
      locate: (given) => ({ path: String(given), name: String(given).slice(1) }),
      begin,
      hold: (_, { id }) => void held.add(id),
      holdBack: ({ draft }) => void [CONTENT.id, draft].map((id) => held.delete(id)),
      giveAgain: (_, { id }) => void held.add(id),
      letGo: ({ draft }) => void [CONTENT.id, draft].map((id) => held.delete(id)),
    },
    linked: () => [...linked],
    reaching: { reach: async () => () => undefined },
    isBlocked: () => false,
    known: () => undefined,
    order: (order) => void orders.push(order),
    serve: (order) => void served.push(order),
    tell: (event) => void events.push(event),
  });
  let isOver = false;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    await sends.close();
    await database.close();
  };
  onTestFinished(end);
  const told = (peer: PeerId) =>
    orders.flatMap((order) =>
      order.type === 'tell' && order.peerId === peer ? [order.message.type] : [],
    );
  return { sends, linked, told, orders, served, events, held, looks, end };
}

describe('an offer to all', () => {
  it('is said to one who was linked a moment before, and is no neighbour yet', async () => {
    const { sends, linked, told, orders } = await sendsOf();
    linked.add(OTHER_ID);
    sends.linked(OTHER_ID);
    await sends.send('/film', undefined);
    expect(orders.map(({ type }) => type)).toContain('pass');
    expect(told(OTHER_ID)).toEqual(['send-offer']);
  });

  it('that is taken back is told to everybody who is linked, as it may wait there for an answer', async () => {
    const { sends, linked, told } = await sendsOf();
    linked.add(OTHER_ID);
    const { offerId } = await sends.send('/film', undefined);
    const send = sends.control.called(offerId);
    if (send === undefined) throw new Error('it is called by its id');
    await sends.control.cancel(send);
    expect(told(OTHER_ID)).toEqual(['send-offer', 'send-end']);
    sends.linked(OTHER_ID);
    expect(told(OTHER_ID)).toHaveLength(2);
  });

  it('is said to one who links later', async () => {
    const { sends, told } = await sendsOf();
    await sends.send('/film', undefined);
    sends.linked(OTHER_ID);
    expect(told(OTHER_ID)).toEqual(['send-offer']);
  });
});

describe('an offer that is not taken as it is', () => {
  it('is stated anew, before it is answered, where it has become more than was offered', async () => {
    const { sends, linked, told } = await sendsOf(newFolder(), (look) => ({
      ...CONTENT,
      id: String(look).repeat(64) as ContentId,
      bytes: 10 * (look + 1),
    }));
    linked.add(OTHER_ID);
    const { id, offerId } = await sends.send('/folder', undefined);
    expect(told(OTHER_ID)).toEqual(['send-offer']);
    sends.stale(id as ContentId);
    await vi.waitFor(() => expect(told(OTHER_ID)).toEqual(['send-offer', 'send-offer']));
    expect(sends.rows).toMatchObject([{ bytes: 20 }]);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    sends.stale(sends.rows[0]?.id as ContentId);
    await vi.waitFor(() => expect(sends.rows).toMatchObject([{ bytes: 30 }]));
    await vi.waitFor(() => expect(told(OTHER_ID).at(-1)).toBe('send-sealed'));
    expect(told(OTHER_ID).filter((type) => type === 'send-offer')).toHaveLength(2);
  });

  it('has failed where its receiver refuses more than he accepted, and says what to do', async () => {
    const { sends, events } = await sendsOf();
    const { offerId } = await sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    const refused = { offerId, answer: 'rejected', obstacle: 'too-large' } as const;
    sends.answers.hearAnswer(OTHER_ID, refused);
    expect(sends.transfers).toMatchObject([{ state: 'failed', why: { code: 'too-large' } }]);
    expect(sends.rows).toMatchObject([{ isOpen: false }]);
    const failed = events.filter(({ type }) => type === 'transfer-failed');
    expect(failed).toMatchObject([{ message: expect.stringContaining('send it again') }]);
    const answers = events.filter(({ type }) => type === 'offer-answered');
    expect(answers.at(-1)).toMatchObject({ answer: 'rejected', why: { code: 'too-large' } });
  });

  it('waits, and says why, where there is no room for now', async () => {
    const { sends, events, linked } = await sendsOf();
    linked.add(OTHER_ID);
    const { offerId } = await sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    const hindered = { offerId, answer: 'accepted', obstacle: 'disk-full' } as const;
    sends.answers.hearAnswer(OTHER_ID, hindered);
    expect(sends.transfers).toMatchObject([{ state: 'waiting', why: { code: 'disk-full' } }]);
    expect(events.filter(({ type }) => type === 'transfer-failed')).toEqual([]);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(sends.transfers[0]?.why).toBeUndefined();
  });
});

describe('an offer whose taker pauses it', () => {
  const pausesOf = (events: readonly PeerEvent[]) =>
    events.flatMap((event) => (event.type === 'send-paused' ? [event.isPaused] : []));
  const lastRow = (events: readonly PeerEvent[]) =>
    events.findLast((event) => event.type === 'transfer' && event.peerId === OTHER_ID);

  it('waits and says by whom, over a restart too, until he goes on: that is told once each', async () => {
    const folder = newFolder();
    const first = await sendsOf(folder);
    first.linked.add(OTHER_ID);
    const { offerId } = await first.sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    const paused = { offerId, answer: 'accepted', obstacle: 'paused' } as const;
    first.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    for (let times = 0; times < 3; times += 1) first.sends.answers.hearAnswer(OTHER_ID, paused);
    const waiting = { state: 'waiting', why: { code: 'paused' } };
    expect(first.sends.transfers).toMatchObject([waiting]);
    expect(lastRow(first.events)).toMatchObject(waiting);
    expect(pausesOf(first.events)).toEqual([true]);
    await first.end();
    const { sends, events, linked } = await sendsOf(folder);
    await sends.read();
    linked.add(OTHER_ID);
    expect(sends.transfers).toMatchObject([waiting]);
    sends.answers.hearAnswer(OTHER_ID, paused);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(pausesOf(events)).toEqual([false]);
    expect(events.filter(({ type }) => type === 'offer-answered')).toEqual([]);
    expect(lastRow(events)).toMatchObject({ state: 'waiting' });
    expect(lastRow(events)).not.toHaveProperty('why');
  });

  it('is taken all the same, where that is the first that is heard of him', async () => {
    const { sends, events } = await sendsOf();
    const { offerId } = await sends.send('/film', undefined);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted', obstacle: 'paused' });
    const [answered] = events.filter(({ type }) => type === 'offer-answered');
    expect(answered).toMatchObject({ answer: 'accepted', peerId: OTHER_ID });
    expect(answered).not.toHaveProperty('why');
    expect(pausesOf(events)).toEqual([true]);
    expect(sends.transfers).toMatchObject([{ state: 'offered', taken: 1 }, { state: 'waiting' }]);
  });

  it('waits for who comes and goes for another reason each time, which is told', async () => {
    const { sends, events, linked } = await sendsOf();
    linked.add(OTHER_ID);
    const { offerId } = await sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    expect(sends.transfers).toMatchObject([{ state: 'waiting', why: { code: 'unanswered' } }]);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    linked.clear();
    sends.unlinked(OTHER_ID);
    expect(lastRow(events)).toMatchObject({ state: 'waiting', why: { code: 'away' } });
    linked.add(OTHER_ID);
    sends.linked(OTHER_ID);
    expect(lastRow(events)).not.toHaveProperty('why');
  });
});

describe('an offer of an earlier start', () => {
  it('is known before it is looked at: who links meanwhile hears it, and may say of it what he will', async () => {
    const folder = newFolder();
    const first = await sendsOf(folder);
    const { offerId } = await first.sends.send('/film', undefined);
    await first.end();
    const { sends, told } = await sendsOf(folder);
    await sends.read();
    sends.linked(OTHER_ID);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(told(OTHER_ID)).toEqual(['send-offer', 'send-sealed']);
  });

  it('of a one-shot command that was killed is neither over nor open until the same is sent again', async () => {
    const folder = newFolder();
    const to = { ...OTHER, peerId: OTHER_ID };
    const first = await sendsOf(folder);
    const { offerId } = await first.sends.send('/film', to);
    first.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    await first.end();
    await forgetEarlier(folder);
    const { sends, told } = await sendsOf(folder);
    await sends.read();
    sends.linked(OTHER_ID);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(told(OTHER_ID)).toEqual([]);
    const again = await sends.send('/film', to);
    expect([again.offerId, told(OTHER_ID)]).toEqual([offerId, ['send-offer']]);
    await sends.send('/other', to);
    expect(sends.rows).toMatchObject([{ isOpen: true }, { isOpen: true }]);
  });

  it('that is open no more, or not known at all, is answered with its end to who waits for it', async () => {
    const { sends, orders } = await sendsOf();
    const ends = () =>
      orders.flatMap((order) =>
        order.type === 'tell' && order.message.type === 'send-end' ? [order.message.why] : [],
      );
    const { offerId } = await sends.send('/film', undefined);
    const send = sends.control.called(offerId);
    if (send === undefined) throw new Error('it is called by its id');
    await sends.control.cancel(send);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(ends()).toEqual(['cancelled']);
    const unknown = 'f'.repeat(32) as OfferId;
    sends.answers.hearAnswer(OTHER_ID, { offerId: unknown, answer: 'rejected' });
    sends.answers.hearAnswer(OTHER_ID, { offerId: unknown, answer: 'accepted' });
    expect(ends()).toEqual(['cancelled', 'changed']);
  });
});

describe('a send that is paused', () => {
  async function accepted(folder = newFolder()) {
    const scene = await sendsOf(folder);
    const { offerId } = await scene.sends.send('/film', undefined);
    await vi.waitFor(() => expect(scene.held).toContain(CONTENT.id));
    scene.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    return { ...scene, offerId };
  }

  it('is given to nobody, whoever accepted is told, and again when it goes on', async () => {
    const { sends, held, told } = await accepted();
    const rows = await sends.control.turnAll(true);
    expect(rows.map(({ state }) => state)).toEqual(['paused', 'paused']);
    expect([...held]).toEqual([]);
    expect(told(OTHER_ID).at(-1)).toBe('send-pause');
    const before = told(OTHER_ID).length;
    await sends.control.turnAll(true);
    expect(told(OTHER_ID)).toHaveLength(before);
    await sends.control.turnAll(false);
    expect(held).toContain(CONTENT.id);
    expect(told(OTHER_ID).slice(before)).toEqual(['send-pause']);
  });

  it('is not even looked at after a start, and who asks again is told so, until it goes on', async () => {
    const folder = newFolder();
    const first = await accepted(folder);
    await first.sends.control.turnAll(true);
    await first.end();
    const { sends, held, told } = await sendsOf(folder);
    await sends.read();
    sends.begin();
    expect(sends.transfers).toMatchObject([
      { state: 'paused', taken: 1 },
      { state: 'paused', peerId: OTHER_ID },
    ]);
    sends.answers.hearAnswer(OTHER_ID, { offerId: first.offerId, answer: 'accepted' });
    expect(told(OTHER_ID)).toEqual(['send-sealed', 'send-pause']);
    expect([...held]).toEqual([]);
    const [send] = sends.transfers;
    const found = sends.control.called(send?.transferId ?? '');
    if (found === undefined) throw new Error('it is called by its id');
    await sends.control.resume(found);
    await vi.waitFor(() => expect(held).toContain(CONTENT.id));
    expect(told(OTHER_ID).at(-1)).toBe('send-pause');
  });

  it('says by which ids those are told apart that are called the same', async () => {
    const { sends } = await accepted();
    await sends.send('/film', undefined);
    expect(() => sends.control.called('film')).toThrow('film means 2 offers');
    expect(sends.control.called('song')).toBeUndefined();
  });
});

describe('what changes under those who fetch it', () => {
  it('is looked at anew each time, and from the third time on goes without what changes', async () => {
    const { sends, looks, events } = await sendsOf();
    await sends.send('/folder', undefined);
    for (let times = 1; times <= 4; times += 1) {
      await vi.waitFor(() => expect(sends.rows).toMatchObject([{ failed: times > 1 ? 1 : 0 }]));
      const [row] = sends.rows;
      sends.stale(row?.id as ContentId);
      await vi.waitFor(() => expect(sends.rows[0]?.id).toBe(String(times).repeat(64)));
    }
    expect(looks.map((again) => again?.mustHold)).toEqual([undefined, false, false, true, true]);
    expect(looks.map((again) => again?.failed)).toEqual([undefined, [], ['log'], ['log'], ['log']]);
    const told = events.filter(({ type }) => type === 'files-failed');
    expect(told).toMatchObject([{ direction: 'up', failed: ['log'], failedCount: 1 }]);
  });

  it('counts as one change however often it is found', async () => {
    const { sends, looks } = await sendsOf();
    const { id } = await sends.send('/folder', undefined);
    for (let times = 0; times < 5; times += 1) sends.stale(id as ContentId);
    expect(looks.at(-1)?.mustHold).toBe(false);
  });
});

describe('a send whose files failed', () => {
  const BYTES = CONTENT.bytes;
  const SECOND = '1'.repeat(64) as ContentId;

  /** Accepted, and something else by the time it was fetched. */
  async function changed() {
    const scene = await sendsOf();
    const { offerId } = await scene.sends.send('/film', undefined);
    scene.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    scene.sends.stale(CONTENT.id);
    await vi.waitFor(() => expect(scene.told(OTHER_ID).at(-1)).toBe('send-sealed'));
    await vi.waitFor(() => expect(scene.sends.rows).toMatchObject([{ id: SECOND, failed: 1 }]));
    const receipt = (id: ContentId) => {
      const said = { offerId, id, bytes: BYTES, sender: OTHER_ID, at: 1 };
      scene.sends.answers.hearReceipt(OTHER_ID, said, new Uint8Array());
    };
    return { ...scene, receipt };
  }

  it('is shown with as many as failed to whoever has it, though it became something else since', async () => {
    const { sends, events, receipt } = await changed();
    receipt(CONTENT.id);
    const row = sends.transfers.at(-1);
    expect(row).toMatchObject({ state: 'completed', id: CONTENT.id, failed: 0, filesDone: 1 });
    expect(events.findLast(({ type }) => type === 'transfer-completed')).toMatchObject({
      root: CONTENT.id,
      failed: 0,
      failedFiles: [],
    });
    expect(sends.failedFiles(row ?? { transferId: '' })).toEqual([]);
  });

  it('names them, in its end and to who asks', async () => {
    const { sends, events, receipt } = await changed();
    receipt(SECOND);
    const row = sends.transfers.at(-1);
    expect(row).toMatchObject({ state: 'completed', failed: 1 });
    expect(sends.failedFiles(row ?? { transferId: '' })).toEqual(['log']);
    const ended = events.findLast(({ type }) => type === 'transfer-completed');
    expect(ended).toMatchObject({ root: SECOND, failed: 1, failedFiles: ['log'] });
  });

  it('takes no receipt for what it never was', async () => {
    const { sends, receipt } = await changed();
    receipt('e'.repeat(64) as ContentId);
    expect(sends.transfers.at(-1)).toMatchObject({ peerId: OTHER_ID, state: 'waiting' });
  });
});
