/** What rows of the database look like; one of another shape was written by another program and counts as none. */
import type { ContentKind } from '#src/domain/entries.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { parseContentId, parsePeerId } from '#src/domain/ids.js';
import type { Recipient } from '#src/domain/recipients.js';
import { parseOfferId } from '#src/domain/send-offer.js';
import { isPriority, type Priority } from '#src/domain/transfer.js';

/** A path that was hashed: what it is, so that an unchanged one is not read again. */
type HashedRecord = {
  readonly id: ContentId;
  readonly bytes: number;
  readonly chunks: number;
};

/** A download that is not finished. */
export type DownloadRecord = {
  readonly id: ContentId;
  readonly name: string;
  readonly target: string;
  readonly mayRename: boolean;
  readonly staging: string;
  /** What its user said of it, where he said anything. */
  readonly isPaused?: boolean;
  readonly priority?: Priority;
  /** It was sent to this peer alone: others are not to hear of it. */
  readonly isPrivate?: boolean;
  /** Who sent it, where somebody did. */
  readonly from?: PeerId;
  /** What is fetched is a draft: its content is not known yet. */
  readonly isDraft?: boolean;
  /** The draft this content was fetched by at first. */
  readonly draft?: ContentId;
  /** What was accepted: a content of more is refused. */
  readonly mostBytes?: number;
  /** Files that its sender offered and could not give. */
  readonly failedCount?: number;
  readonly mostFiles?: number;
};

/** A content that was downloaded whole, and where it went. */
export type ReceivedRecord = HashedRecord & {
  readonly name: string;
  readonly isPrivate?: boolean;
  /** Who sent it, where somebody did. */
  readonly from?: PeerId;
};

/** What this peer offers to send, and what became of it. */
export type SendRecord = {
  readonly offerId: string;
  /** Where it lies here; of several, what lies around the first of them. */
  readonly path: string;
  /** Several that are one offer: their paths. */
  readonly parts?: readonly string[];
  /** Patterns of what is left out of it. */
  readonly exclude?: readonly string[];
  readonly name: string;
  readonly kind: ContentKind;
  /** Lists it, as it was when it was offered. */
  readonly draft: ContentId;
  /** Its content; empty until all of it is hashed. */
  readonly id: ContentId | '';
  readonly bytes: number;
  readonly chunks: number;
  readonly files: number;
  /** A peer's id; empty where it is for all. */
  readonly to: string;
  /** When it was offered, milliseconds since 1970. */
  readonly at: number;
  /** Files of it that could not be had: the first 10,000. */
  readonly failed?: readonly string[];
  readonly failedCount?: number;
  readonly isOpen: boolean;
  /** Nobody is given any of it until its user says so. */
  readonly isPaused?: boolean;
  readonly recipients: readonly Recipient[];
};

/** What was offered to this peer and accepted. */
export type ReceiveRecord = {
  readonly offerId: string;
  readonly from: string;
  readonly fromName: string;
  readonly name: string;
  readonly draft: ContentId;
  /** Its content; empty until its sender has said it. */
  readonly id: ContentId | '';
  readonly bytes: number;
  readonly files: number;
  /** Of those offered, how many its sender could not give. */
  readonly failedCount?: number;
  readonly isPrivate: boolean;
  /** The folder it goes to, with a separator at its end, or the full target. */
  readonly to: string;
  /** `noted`: its sender has the receipt. */
  readonly state: 'accepted' | 'received' | 'noted';
  /** When it was accepted, milliseconds since 1970. */
  readonly at: number;
  /** Whether no user was asked. */
  readonly isUnasked: boolean;
  /** Where it lies, once it is here; empty before. */
  readonly path: string;
  /** As it was signed, in base64; empty before. */
  readonly receipt: string;
};

/** Where a peer was last reached, and when (ms since the epoch). */
type PeerRecord = { readonly host: string; readonly port: number; readonly at: number };

/** A message to all: as its author signed it, in base64, and what is shown of it. */
export type MessageRecord = {
  readonly payload: string;
  readonly id: string;
  readonly from: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly name: string;
  readonly text: string;
  readonly sentAt: number;
};

/** What the user called this peer by command. */
type ProfileRecord = { readonly name: string };

/** A private message, by whoever said it; `after` is the last message to all that was here before it. */
export type PrivateRecord = MessageRecord & {
  readonly to: string;
  readonly state: PrivateState;
  readonly after: number;
};

/** What became of ours; all others were received. */
export type PrivateState = 'received' | 'waiting' | 'sent' | 'delivered' | 'failed';

/** Which messages of one author's epoch were here: `1-5 7-9`, each run without its end. */
export type AuthorRecord = {
  readonly author: string;
  readonly epoch: number;
  readonly runs: string;
  /** When the newest of his was said. */
  readonly at: number;
};

/** How far our own messages are counted. */
type CountRecord = { readonly epoch: number; readonly sequence: number };

/** Of authors whose rows were removed: when the last of them spoke. */
type HorizonRecord = { readonly at: number };

export type Tables = {
  readonly messages: MessageRecord;
  readonly authors: AuthorRecord;
  readonly horizon: HorizonRecord;
  readonly private: PrivateRecord;
  readonly privateAuthors: AuthorRecord;
  readonly counts: CountRecord;
  readonly hashed: HashedRecord;
  readonly downloads: DownloadRecord;
  readonly received: ReceivedRecord;
  readonly peers: PeerRecord;
  readonly profile: ProfileRecord;
  readonly sends: SendRecord;
  readonly receives: ReceiveRecord;
};

export type TableName = keyof Tables;

type Judge = (value: unknown) => boolean;

const isText: Judge = (value) => typeof value === 'string';
const isTexts: Judge = (value) => Array.isArray(value) && value.every(isText);
const isFlag: Judge = (value) => typeof value === 'boolean';
const orAbsent =
  (judge: Judge): Judge =>
  (value) =>
    value === undefined || judge(value);
const isWhole: Judge = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isPort: Judge = (value) => isWhole(value) && (value as number) <= 65_535;
const isId: Judge = (value) => typeof value === 'string' && parseContentId(value) !== undefined;

const idOrNone: Judge = (value) => value === '' || isId(value);
const isPeer: Judge = (value) => typeof value === 'string' && parsePeerId(value) !== undefined;
const isRuns: Judge = (value) =>
  typeof value === 'string' && /^(\d{1,15}-\d{1,15}( |$))*$/.test(value);

const PRIVATE_STATES: readonly unknown[] = ['received', 'waiting', 'sent', 'delivered', 'failed'];
const isState: Judge = (value) => PRIVATE_STATES.includes(value);

const isOffer: Judge = (value) => typeof value === 'string' && parseOfferId(value) !== undefined;
const maybePeer: Judge = (value) => value === '' || isPeer(value);
const oneOf =
  (...words: readonly string[]): Judge =>
  (value) =>
    words.includes(value as string);
const isRecipients: Judge = (value) => Array.isArray(value) && value.every(isRecipient);

function isRecipient(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { peerId, name, state, at } = value as Readonly<Record<string, unknown>>;
  return isPeer(peerId) && isText(name) && isText(state) && isWhole(at);
}

const HASHED = { id: isId, bytes: isWhole, chunks: isWhole };
const AUTHOR = { author: isPeer, epoch: isWhole, runs: isRuns, at: isWhole };
const MESSAGE = {
  payload: isText,
  id: isText,
  from: isPeer,
  epoch: isWhole,
  sequence: isWhole,
  name: isText,
  text: isText,
  sentAt: isWhole,
};
const SHAPES: { readonly [T in TableName]: { readonly [F in keyof Tables[T]]-?: Judge } } = {
  hashed: HASHED,
  downloads: {
    id: isId,
    name: isText,
    target: isText,
    mayRename: isFlag,
    staging: isText,
    isPaused: orAbsent(isFlag),
    priority: orAbsent(isPriority),
    isPrivate: orAbsent(isFlag),
    from: orAbsent(isPeer),
    isDraft: orAbsent(isFlag),
    draft: orAbsent(isId),
    mostBytes: orAbsent(isWhole),
    failedCount: orAbsent(isWhole),
    mostFiles: orAbsent(isWhole),
  },
  received: { ...HASHED, name: isText, isPrivate: orAbsent(isFlag), from: orAbsent(isPeer) },
  peers: { host: isText, port: isPort, at: isWhole },
  profile: { name: isText },
  messages: MESSAGE,
  authors: AUTHOR,
  horizon: { at: isWhole },
  private: { ...MESSAGE, to: isPeer, state: isState, after: isWhole },
  privateAuthors: AUTHOR,
  counts: { epoch: isWhole, sequence: isWhole },
  sends: {
    draft: isId,
    id: idOrNone,
    bytes: isWhole,
    chunks: isWhole,
    offerId: isOffer,
    path: isText,
    parts: orAbsent(isTexts),
    exclude: orAbsent(isTexts),
    name: isText,
    kind: oneOf('file', 'directory'),
    files: isWhole,
    to: maybePeer,
    at: isWhole,
    failed: orAbsent(isTexts),
    failedCount: orAbsent(isWhole),
    isOpen: isFlag,
    isPaused: orAbsent(isFlag),
    recipients: isRecipients,
  },
  receives: {
    offerId: isOffer,
    from: isPeer,
    fromName: isText,
    name: isText,
    draft: isId,
    id: idOrNone,
    bytes: isWhole,
    files: isWhole,
    failedCount: orAbsent(isWhole),
    isPrivate: isFlag,
    to: isText,
    state: oneOf('accepted', 'received', 'noted'),
    at: isWhole,
    isUnasked: isFlag,
    path: isText,
    receipt: isText,
  },
};

/** @returns the row, or undefined unless it is one of this table. */
export function parseRow<T extends TableName>(
  table: T,
  text: string | undefined,
): Tables[T] | undefined {
  const value = text === undefined ? undefined : parsedJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const shape: Readonly<Record<string, Judge>> = SHAPES[table];
  const fits = Object.entries(shape).every(([name, judge]) => judge(fields[name]));
  return fits ? (value as Tables[T]) : undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
