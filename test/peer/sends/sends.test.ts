/** What is sent, with peers and files that a test plays: in which order things happen is its choice. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { openDatabase } from '#src/io/disk/database.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Again, Begun, Content } from '#src/peer/sends/send-source.js';
import { Sends } from '#src/peer/sends/sends.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import type * as Mesh from '#workers/mesh.js';

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

type Scene = {
  readonly sends: Sends;
  readonly linked: Set<PeerId>;
  /** What was said to one alone. */
  readonly told: (peer: PeerId) => readonly string[];
  readonly orders: readonly Mesh.In[];
  readonly events: readonly PeerEvent[];
  /** Contents and drafts that may be had. */
  readonly held: ReadonlySet<string>;
  readonly end: () => Promise<void>;
  /** As what it was looked at each time. */
  readonly looks: readonly (Again | undefined)[];
};

async function sendsOf(folder = newFolder()): Promise<Scene> {
  const identity = await newIdentity();
  const { database } = await openDatabase(folder);
  const orders: Mesh.In[] = [];
  const events: PeerEvent[] = [];
  const linked = new Set<PeerId>();
  const held = new Set<string>();
  const looks: (Again | undefined)[] = [];
  const contentAt = (look: number): Content => {
    const id = String(look).repeat(64) as ContentId;
    return look === 0 ? CONTENT : { ...CONTENT, id, failed: ['log'], failedCount: 1 };
  };
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
  return { sends, linked, told, orders, events, held, looks, end };
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

  it('is said to one who links later', async () => {
    const { sends, told } = await sendsOf();
    await sends.send('/film', undefined);
    sends.linked(OTHER_ID);
    expect(told(OTHER_ID)).toEqual(['send-offer']);
  });
});

describe('a send that is paused', () => {
  async function accepted(folder = newFolder()) {
    const scene = await sendsOf(folder);
    const { offerId } = await scene.sends.send('/film', undefined);
    await vi.waitFor(() => expect(scene.held).toContain(CONTENT.id));
    scene.sends.answers.hearAnswer(OTHER_ID, offerId, 'accepted');
    return { ...scene, offerId };
  }

  it('is given to nobody, whoever accepted is told, and again when it goes on', async () => {
    const { sends, held, told } = await accepted();
    expect(await sends.control.turnAll(true)).toMatchObject([{ state: 'paused' }]);
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
    await sends.begin();
    expect(sends.transfers).toMatchObject([{ state: 'paused', peerId: OTHER_ID }]);
    sends.answers.hearAnswer(OTHER_ID, first.offerId, 'accepted');
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
    scene.sends.answers.hearAnswer(OTHER_ID, offerId, 'accepted');
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
    const [row] = sends.transfers;
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
    const [row] = sends.transfers;
    expect(row).toMatchObject({ state: 'completed', failed: 1 });
    expect(sends.failedFiles(row ?? { transferId: '' })).toEqual(['log']);
    const ended = events.findLast(({ type }) => type === 'transfer-completed');
    expect(ended).toMatchObject({ root: SECOND, failed: 1, failedFiles: ['log'] });
  });

  it('takes no receipt for what it never was', async () => {
    const { sends, receipt } = await changed();
    receipt('e'.repeat(64) as ContentId);
    expect(sends.transfers).toMatchObject([{ state: 'waiting' }]);
  });
});
