/** What is sent, with peers and files that a test plays: in which order things happen is its choice. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { openDatabase } from '#src/io/database.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Begun, Content } from '#src/peer/send-source.js';
import { Sends } from '#src/peer/sends.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import type * as Mesh from '#workers/mesh.js';

const CONTENT: Content = { id: 'c'.repeat(64) as ContentId, bytes: 10, chunks: 1, files: 1 };

const LISTED = { ...CONTENT, draft: 'd'.repeat(64) as ContentId, kind: 'file' } as const;

type Scene = {
  readonly sends: Sends;
  readonly linked: Set<PeerId>;
  /** What was said to one alone. */
  readonly told: (peer: PeerId) => readonly string[];
  readonly orders: readonly Mesh.In[];
  readonly events: readonly PeerEvent[];
  /** Contents and drafts that may be had. */
  readonly held: ReadonlySet<string>;
};

async function sendsOf(folder = newFolder()): Promise<Scene> {
  const identity = await newIdentity();
  const { database } = await openDatabase(folder);
  const orders: Mesh.In[] = [];
  const events: PeerEvent[] = [];
  const linked = new Set<PeerId>();
  const held = new Set<string>();
  const begun: Begun = { listed: LISTED, soon: CONTENT, content: Promise.resolve(CONTENT) };
  const sends = new Sends({
    home: { self: selfOf(identity), credentials: identity.credentials, database },
    source: {
      locate: (path) => ({ path, name: path.slice(1) }),
      begin: async () => begun,
      hold: (_, { id }) => void held.add(id),
      letGo: ({ draft }) => void [CONTENT.id, draft].map((id) => held.delete(id)),
    },
    linked: () => [...linked],
    reaching: { reach: async () => () => undefined },
    isBlocked: () => false,
    known: () => undefined,
    order: (order) => void orders.push(order),
    tell: (event) => void events.push(event),
  });
  onTestFinished(async () => {
    await sends.close();
    await database.close();
  });
  const told = (peer: PeerId) =>
    orders.flatMap((order) =>
      order.type === 'tell' && order.peerId === peer ? [order.message.type] : [],
    );
  return { sends, linked, told, orders, events, held };
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
