/** What each operation of the local API does with this peer. */
import { concat, firstValueFrom, map, race, timer } from 'rxjs';
import { MOST_ROWS, type Page } from '#src/api/operation.js';
import { type OperationId, type OperationInput, operations } from '#src/api/operations.js';
import type { Contents } from '#src/domain/catalogue/contents.js';
import type { Download, Peer } from '#src/peer/api.js';
import type { EventFeed } from './event-feed.js';
import { chunkMapHere } from './held-here.js';
import type { Metrics } from './metrics.js';
import type { RecentTopology } from './recent-topology.js';
import type { Uploads } from './uploads.js';

/** Of a list in an overview, in UTF-16 code units of JSON. There are five, and a page reads lines of 4 Mi. */
const MOST_LIST_LENGTH = 512 * 1024;

/** Somebody waits for the answer, and a browser has few connections. */
const LONGEST_BEGIN_MS = 1000;

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

/** Rejects where it cannot begin. @returns what was told of it, its result where it is here already, and nothing where that takes long. */
function underWay(download: Download): Promise<object> {
  // How it ends is told by an event.
  download.catch(() => undefined);
  const slow = timer(LONGEST_BEGIN_MS).pipe(map(() => ({})));
  return firstValueFrom(race(concat(download.progress, download), slow));
}

function statusOf(peer: Peer) {
  const { host, ports } = peer;
  return { ...peer.status(), host, ports, pid: process.pid };
}

/** Each list has what fits into its part of a line: what others say and are called never makes one that nobody can read. */
async function overviewOf(peer: Peer) {
  const transfers = beginOf(await peer.transfers());
  return {
    status: statusOf(peer),
    peers: beginOf(peer.peers()),
    blocked: beginOf(peer.peers({ blocked: true })),
    transfers,
    offers: beginOf(peer.offers()),
    messages: fitting(peer.messages({ all: true, count: MOST_ROWS }).toReversed()).toReversed(),
  };
}

function beginOf<Row>(rows: readonly Row[]): Page<Row> {
  return { items: fitting(rows.slice(0, MOST_ROWS)), total: rows.length };
}

/** @returns the first rows, as many as fit. */
function fitting<Row>(rows: readonly Row[]): Row[] {
  let length = 0;
  const end = rows.findIndex((row) => {
    length += JSON.stringify(row).length;
    return length > MOST_LIST_LENGTH;
  });
  return rows.slice(0, end === -1 ? rows.length : end);
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
