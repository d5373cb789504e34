/** What each operation of the local API does with this peer. */
import { MOST_ROWS, type Page } from '#src/api/operation.js';
import { type OperationId, type OperationInput, operations } from '#src/api/operations.js';
import type { Contents } from '#src/domain/catalogue/contents.js';
import type { Peer } from '#src/peer/api.js';
import type { EventFeed } from './event-feed.js';
import { chunkMapHere } from './held-here.js';
import type { Metrics } from './metrics.js';
import { overviewOf, statusOf } from './overview.js';
import type { RecentTopology } from './recent-topology.js';
import { underWay } from './under-way.js';
import type { Uploads } from './uploads.js';

type Answers = {
  readonly [Id in OperationId]: (
    peer: Peer,
    input: OperationInput<Id>,
    desk: AnswerDesk,
  ) => unknown;
};

/** What an answer may need beside the peer. */
export type AnswerDesk = {
  readonly feed: Pick<EventFeed, 'mark'>;
  readonly topology: RecentTopology;
  readonly uploads: Uploads;
  readonly contents: Contents;
  readonly metrics: Metrics;
};

const ANSWERS: Answers = {
  getStatus: statusOf,
  getOverview: overviewOf,
  getMetrics: async (peer, _, { metrics }) => metrics.text(peer.status(), await peer.transfers()),
  rename: (peer, { name, ...options }) => peer.rename(name, given(options)),
  recolour: (peer, { colour, ...options }) => peer.recolour(colour, given(options)),
  goAway: (peer, { why, ...options }) => peer.away(why, given(options)),
  comeBack: (peer, options) => peer.back(given(options)),
  setLimit: (peer, { kind, rate }) => peer.limit(kind, rate),
  markEvents: (_, { ref }, { feed }) => feed.mark(ref),
  drill: (peer, { kind, actor }) => peer.drill(kind, actor),
  stop: (peer) => peer.close(),
  stopNetwork: (peer) => peer.stopNetwork(),
  listPeers: (peer, { blocked = false }) => peer.peers({ blocked }),
  addPeer: (peer, { address }) => peer.add(address),
  trustPeer: (peer, input) => peer.trust(input.peer),
  blockPeer: (peer, input) => peer.block(input.peer),
  unblockPeer: (peer, input) => peer.unblock(input.peer),
  forgetPeer: (peer, input) => peer.forget(input.peer),
  verifyPeer: (peer, { peer: who, ...options }) => peer.verify(who, given(options)),
  getTopology: (peer, options, { topology }) => topology.ask(peer, given(options)),
  listShares: (peer, { filter }) => peer.list(filter),
  addShare: (peer, { path }) => peer.share(path),
  removeShare: (peer, { share }) => peer.unshare(share),
  getChunkMap: (_, { share }, { contents }) => chunkMapHere(contents, share),
  findContent: (peer, { name }) => peer.find(name),
  download: (peer, { name, wait = true, ...options }) => {
    const download = peer.download(name, given(options));
    return wait ? download : underWay(download);
  },
  listTransfers: (peer, { transfer }) => peer.transfers(transfer),
  pauseTransfer: (peer, { transfer }) => peer.pause(transfer),
  pauseAll: (peer) => peer.pause({ all: true }),
  resumeTransfer: (peer, { transfer }) => peer.resume(transfer),
  resumeAll: (peer) => peer.resume({ all: true }),
  cancelTransfer: (peer, { transfer }) => peer.cancel(transfer),
  prioritizeTransfer: (peer, { transfer, priority }) => peer.prioritize(transfer, priority),
  send: (peer, { paths, ...options }) => peer.send(paths, given(options)),
  listSends: (peer) => peer.sends(),
  listOffers: (peer) => peer.offers(),
  acceptOffer: (peer, { offer, ...options }) => peer.accept(offer, given(options)),
  rejectOffer: (peer, { offer, ...options }) => peer.reject(offer, given(options)),
  listMessages: (peer, wanted) => peer.messages(given(wanted)),
  say: (peer, { text }) => peer.say(text),
  tell: (peer, { peer: who, text, ...options }) => peer.tell(who, text, given(options)),
  takeBackMessage: (peer, { message, ...options }) => peer.untell(message, given(options)),
  shareUpload: (peer, { upload }, { uploads }) => uploads.share(peer, upload),
  sendUpload: (peer, { upload, ...options }, { uploads }) =>
    uploads.send(peer, upload, given(options)),
  discardUpload: (_, { upload }, { uploads }) => uploads.discard(upload),
};

/** @param input as its declaration says: the web actor has checked it. Rejects with what the peer says. */
export async function answerOf<Id extends OperationId>(
  peer: Peer,
  id: Id,
  input: OperationInput<Id>,
  desk: AnswerDesk,
): Promise<unknown> {
  const answer: unknown = await ANSWERS[id](peer, input, desk);
  return 'isList' in operations[id] ? pageOf(answer as readonly unknown[], input as Part) : answer;
}

/** What a peer's methods take: a field is there, or it is not. */
type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function given<T extends object>(options: T): Given<T> {
  const there = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as Given<T>;
}

type Part = { readonly offset?: number; readonly limit?: number };

function pageOf<Row>(rows: readonly Row[], { offset = 0, limit = MOST_ROWS }: Part): Page<Row> {
  return { items: rows.slice(offset, offset + limit), total: rows.length };
}
