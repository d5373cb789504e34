import type { Observable } from 'rxjs';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { ColourChoice, Profile } from '#src/domain/peers/profile.js';
import type { Ports } from '#src/domain/ports.js';
import type { Topology } from '#src/domain/query/topology.js';
import type { DownloadFailure, PeerEvent } from './events.js';
import type {
  Candidate,
  FindRow,
  LimitKind,
  ListRow,
  MessageRow,
  OfferRow,
  PeerRow,
  RateLimits,
  SendRow,
  Share,
  Status,
  Verified,
} from './rows.js';
import type { Priority, TransferRow } from './transfer-rows.js';

/** Events as they are emitted: direct answers to a call that carried a `ref` carry it too. */
export type Told = PeerEvent & { readonly ref?: string };

export type DownloadOptions = {
  /** Whose content is meant where one name means several: a peer id, a prefix of one (4 or more), or a name. */
  readonly from?: string;
  /** An existing folder or a trailing `/` puts it inside; otherwise the full target. */
  readonly to?: string;
  /** Gives up the download; what arrived is kept. */
  readonly signal?: AbortSignal;
  readonly ref?: string;
};

export type PeersOptions = {
  /** Those who are blocked, in place of all others. */
  readonly blocked?: boolean;
};

export type AnswerOptions = {
  /** Carried by the events that answer. */
  readonly ref?: string;
};

export type TopologyOptions = {
  /** Who is more links away is not asked: 16 unless told, 64 at most. */
  readonly hops?: number;
};

export type SendOptions = AnswerOptions & {
  /** Where the one it is for is not here: offers it to him once he is back. */
  readonly whenBack?: boolean;
  /** What of a folder is left out: patterns as in `.p2pignore`, which count behind those. */
  readonly exclude?: readonly string[];
};

export type SendTo = SendOptions & {
  /** His name, id or 4 characters of it or more, or HOST:PORT; to everybody where it is not given. */
  readonly to?: string;
};

export type AcceptOptions = AnswerOptions & {
  /** As for a download; the inbox unless told. */
  readonly to?: string;
};

export type RejectOptions = AnswerOptions & {
  /** Nobody was asked: its sender hears that the settings here do not take it. */
  readonly isUnasked?: boolean;
};

export type TellOptions = AnswerOptions & {
  /** Where the other is not here: keeps it until he is back, for 30 days at most. */
  readonly whenBack?: boolean;
};

/** Which messages are wanted: those to everybody unless told. */
export type MessagesOptions = {
  /** Those said in private with this peer, both ways: its name, id or address. */
  readonly with?: string;
  /** Those to everybody and all private ones, in the order in which they came. */
  readonly all?: boolean;
  /** The newest 20 unless told. */
  readonly count?: number;
  /** The id of a message: those that came before it; none where it is not kept any more. */
  readonly before?: string;
};

/** One by its name or id, or by 4 characters of its id or more; or all there are. */
export type WhichTransfers = string | { readonly all: true };

export type DownloadResult = Extract<PeerEvent, { type: 'download-completed' }>;

export type DownloadEvent = Extract<
  PeerEvent,
  { type: 'download-started' | 'download-progress' | 'download-waiting' }
>;

/**
 * A running download: a promise of its end, and its progress on the way (the latest at once, completes with it, never errors).
 * It rejects with a `DownloadError`.
 */
export type Download = Promise<DownloadResult> & { readonly progress: Observable<DownloadEvent> };

export type DownloadTrouble = {
  readonly code: DownloadFailure;
  readonly message: string;
  readonly id?: ContentId;
  readonly have?: number;
  readonly chunks?: number;
  readonly candidates?: readonly Candidate[];
};

/**
 * One peer, as the terminal and programs use it. Every method rejects with a `P2pError` unless it says otherwise:
 * `usage` where an argument is of the wrong kind, `closed` (a download: `cancelled`) once `close` was called.
 */
export type Peer = {
  readonly peerId: PeerId;
  /** What it calls itself now. */
  readonly name: string;
  readonly host: string;
  readonly ports: Ports & { readonly discovery: number };
  /** Whether it is in a private network, which has a key. */
  readonly private: boolean;
  /** Hears every event of one type; the returned function stops it. */
  on<T extends PeerEvent['type']>(
    type: T,
    listener: (event: Extract<PeerEvent, { type: T }> & { ref?: string }) => void,
  ): () => void;
  /** Every event, in order; completes after `bye`. */
  readonly events: Observable<Told>;
  /** Waits at most 2 s for catalogues still coming. `filter`: a part of the name, any case. */
  list(filter?: string): Promise<readonly ListRow[]>;
  download(nameOrId: string, options?: DownloadOptions): Download;
  /**
   * What is running, waiting, paused or unfinished, and what ended: the last 100 that came here, and the last 1,000 that were sent.
   * @param transfer only those of this name, or whose id begins so, with `failedFiles`. Rejects with `not-found`
   */
  transfers(transfer?: string): Promise<readonly TransferRow[]>;
  /**
   * Asks nobody for it any more, now and after restarts, until `resume`. What arrived is kept and served; whoever waits
   * for it goes on waiting. Rejects with `not-found` and `ambiguous`, as the next three do.
   */
  pause(which: WhichTransfers): Promise<readonly TransferRow[]>;
  /** Goes on with what is paused, and tries anew what failed. */
  resume(which: WhichTransfers): Promise<readonly TransferRow[]>;
  /** Forgets a download and throws away what arrived, `bytes` of the row. @param transfer its name or id */
  cancel(transfer: string): Promise<TransferRow>;
  /**
   * Of what is fetched or sent, after restarts too: request slots go to the higher first, and of what a limit lets through,
   * here or at a source, it gets more. @returns of a send that stands for all the row of its offer
   */
  prioritize(transfer: string, priority: Priority): Promise<TransferRow>;
  /**
   * How fast bytes of contents may move from now on, until the peer ends. @param rate bytes a second (8,192 or more), null
   * for no limit, `auto` for what the settings and their schedule say. @returns all limits as they are now.
   */
  limit(kind: LimitKind, rate: number | null | 'auto'): RateLimits;
  /** Makes one file or directory one share; resolves once it is hashed. */
  share(path: string): Promise<Share>;
  /** @param name a share's name, or an unambiguous prefix (4 or more) of its id. */
  unshare(name: string): Promise<Share>;
  /** Like `status` it never fails: of a peer that was closed it gives what was last known. */
  peers(options?: PeersOptions): readonly PeerRow[];
  /** @param address HOST:PORT, the port being the other's base N. Resolves once it is proven. */
  add(address: string): Promise<PeerRow>;
  /**
   * Prefers it as a neighbour, and warns whenever its name comes with another key. Resolves once that is written down.
   * @param peer for this and the next three: its name, its id or 4 characters of it or more, or HOST:PORT
   */
  trust(peer: string): Promise<PeerRow>;
  /** No connection, no chunk and no message of it any more; only `peers({ blocked: true })` shows it. */
  block(peer: string): Promise<PeerRow>;
  /** It is unknown again, and dialled where it is heard. */
  unblock(peer: string): Promise<PeerRow>;
  /** It is neither known nor trusted any more. */
  forget(peer: string): Promise<PeerRow>;
  /** Says something to everybody in the network. Resolves once it is stored and on its way. @param text 1 B to 4 KiB */
  say(text: string): Promise<MessageRow>;
  /**
   * Who has what a name or the beginning of an id means: here, among the linked peers, and, by asking everybody, beyond
   * them. Within a second on a local network; empty where nobody has it. Rejects with `limit` where the network is asked
   * too often.
   */
  find(nameOrId: string): Promise<readonly FindRow[]>;
  /**
   * Asks every peer for its links and waits until no more answers come: within a second on a local network. Rejects with
   * `limit` where the network is asked too often.
   */
  topology(options?: TopologyOptions): Promise<Topology>;
  /**
   * Asks every peer of this private network to stop, and stops this one. Those obey that have `mesh.allowRemoteStop` on.
   * Resolves with the exit code, as `close`. Rejects with `usage` where there is no network key.
   */
  stopNetwork(): Promise<number>;
  /**
   * Says something to one peer alone, over a link to it. Resolves once that one has stored it (`delivered`), or, with
   * `whenBack`, once it is kept here for its return (`waiting`). Rejects with `offline`, `timed-out` (it may have
   * arrived), `full`, `refused`, and `limit` where no more can wait.
   * @param peer its name, its id or 4 characters of it or more, or HOST:PORT. @param text 1 B to 4 KiB
   */
  tell(peer: string, text: string, options?: TellOptions): Promise<MessageRow>;
  /**
   * Takes back a message that waits for a peer's return: it is `failed`, and `message-failed` tells it (`cancelled`). Rejects
   * with `not-found` where none of this id waits, and with `ambiguous`.
   * @param id of the message, or 4 characters of it or more
   */
  untell(id: string, options?: AnswerOptions): Promise<MessageRow>;
  /** What was said lately, oldest first. Throws where `with` means nobody or several. @param wanted how many, or which */
  messages(wanted?: number | MessagesOptions): readonly MessageRow[];
  /**
   * Offers a file or a folder, or several that arrive as one folder, to one peer or to all. Resolves once it is hashed and offered. Whoever accepts fetches it,
   * and signs a receipt when he has all of it (`send-received`).
   */
  send(path: string | readonly string[], options: SendTo): Promise<SendRow>;
  /** What this peer sends and has sent, oldest first. */
  sends(): readonly SendRow[];
  /** What others would send to this peer and waits for an answer, oldest first. */
  offers(): readonly OfferRow[];
  /** @param offer its number or the beginning of its id. Resolves once that is written down; it is a download then. */
  accept(offer: string, options?: AcceptOptions): Promise<OfferRow>;
  reject(offer: string, options?: RejectOptions): Promise<OfferRow>;
  /**
   * Compares words: resolves with four that the other shows too. Where the two who read them to each other see the same,
   * nobody is between the peers. Rejects with `offline`, `timed-out`, `refused` and `limit`.
   */
  verify(peer: string, options?: AnswerOptions): Promise<Verified>;
  /** Calls this peer so from now on, for those linked at once, and at later starts whose settings give no name. */
  rename(name: string, options?: AnswerOptions): Promise<Profile>;
  /** Shows this peer in that colour to those linked, and at later starts. @param colour a name, or `none` */
  recolour(colour: ColourChoice, options?: AnswerOptions): Promise<Profile>;
  /** Tells those linked that the user is away, until `back` or the end of this peer. @param why 128 B at most */
  away(why?: string, options?: AnswerOptions): Promise<Profile>;
  back(options?: AnswerOptions): Promise<Profile>;
  status(): Status;
  /** Only where `drills` is on. Resolves once the thread was told. */
  drill(kind: 'kill' | 'hang', actor: string): void;
  /** Resolves when no download runs any more: how many of those awaited failed. */
  idle(): Promise<{ readonly failed: number }>;
  /** Says goodbye, stops every actor, and resolves with the exit code. Never rejects; may be called twice. */
  close(): Promise<number>;
  /** Resolves when the peer has ended, by `close` or because supervision gave up, with the exit code. */
  readonly closed: Promise<number>;
};
