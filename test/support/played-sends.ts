/** What a peer sends, with peers and files that a test plays: in which order things happen is its choice. */
import { onTestFinished } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { openDatabase } from '#src/io/disk/database.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Again, Begun, Content } from '#src/peer/sends/send-source.js';
import { Sends } from '#src/peer/sends/sends.js';
import type * as Mesh from '#workers/mesh.js';
import type * as TransferServer from '#workers/transfer-server.js';
import { newFolder } from './folders.js';
import { newIdentity, selfOf } from './identities.js';

const NONE = { skipped: [], skippedCount: 0, ignoredCount: 0 } as const;

export const CONTENT: Content = {
  id: 'c'.repeat(64) as ContentId,
  bytes: 10,
  chunks: 1,
  files: 1,
  failed: [],
  failedCount: 0,
};

export const LISTED = {
  ...CONTENT,
  ...NONE,
  draft: 'd'.repeat(64) as ContentId,
  kind: 'file',
} as const;

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

export const OTHER = { name: 'ben', host: '127.0.0.1', port: 1 };

export async function sendsOf(folder = newFolder(), contentAt = contentAtLook): Promise<Scene> {
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
