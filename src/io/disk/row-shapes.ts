/** Rows of the database as they are read: one of another shape was written by another program and counts as none. */
import { parseContentId, parsePeerId } from '#src/domain/ids.js';
import { parseObstacle } from '#src/domain/send/obstacles.js';
import { parseOfferId } from '#src/domain/send/send-offer.js';
import { isPriority } from '#src/domain/send/transfer.js';
import type { TableName, Tables } from './database-rows.js';

type Judge = (value: unknown) => boolean;

const isText: Judge = (value) => typeof value === 'string';
const allOf =
  (judge: Judge): Judge =>
  (value) =>
    Array.isArray(value) && value.every(judge);
const isTexts = allOf(isText);
const isFlag: Judge = (value) => typeof value === 'boolean';
const orAbsent =
  (judge: Judge): Judge =>
  (value) =>
    value === undefined || judge(value);
const orNull =
  (judge: Judge): Judge =>
  (value) =>
    value === null || judge(value);
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
const isObstacle: Judge = (value) =>
  typeof value === 'string' && parseObstacle(value) !== undefined;

type Shape = Readonly<Record<string, Judge>>;

/** An object whose fields are these, and others of which nothing is asked. */
const shaped =
  (shape: Shape): Judge =>
  (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const fields = value as Readonly<Record<string, unknown>>;
    return Object.entries(shape).every(([name, judge]) => judge(fields[name]));
  };

const MISSING: Shape = { failed: isTexts, failedCount: isWhole };
const isReached = shaped({ port: isPort, hosts: isTexts });
const isRecipients = allOf(
  shaped({
    peerId: isPeer,
    name: isText,
    state: isText,
    at: isWhole,
    obstacle: orAbsent(isObstacle),
    bytes: orAbsent(isWhole),
    content: orAbsent(isId),
    missing: orAbsent(shaped(MISSING)),
  }),
);
const isSize = shaped({ bytes: isWhole, files: isWhole });
const isWhy = shaped({ code: isText, message: isText });
const isVersions = allOf(shaped({ id: isId, bytes: isWhole, files: isWhole, ...MISSING }));

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
    leftAt: orAbsent(isTexts),
    isPaused: orAbsent(isFlag),
    priority: orAbsent(isPriority),
    isPrivate: orAbsent(isFlag),
    from: orAbsent(isPeer),
    fromName: orAbsent(isText),
    isDraft: orAbsent(isFlag),
    draft: orAbsent(isId),
    mostBytes: orAbsent(isWhole),
    failed: orAbsent(isTexts),
    failedCount: orAbsent(isWhole),
    mostFiles: orAbsent(isWhole),
    into: orAbsent(isText),
    completes: orAbsent(isText),
    offeredBytes: orAbsent(isWhole),
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
    rest: orAbsent(isOffer),
    only: orAbsent(isTexts),
    name: isText,
    kind: oneOf('file', 'directory'),
    files: isWhole,
    to: maybePeer,
    toName: orAbsent(isText),
    at: isWhole,
    failed: orAbsent(isTexts),
    failedCount: orAbsent(isWhole),
    offered: orAbsent(isSize),
    earlier: orAbsent(isVersions),
    isOpen: isFlag,
    ended: orAbsent(oneOf('cancelled', 'changed', 'noted')),
    interrupted: orAbsent(isFlag),
    endedAt: orAbsent(isWhole),
    failure: orAbsent(isText),
    isGone: orAbsent(isFlag),
    isPaused: orAbsent(isFlag),
    priority: orAbsent(isPriority),
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
    offeredBytes: orAbsent(isWhole),
    files: isWhole,
    failed: orAbsent(isTexts),
    failedCount: orAbsent(isWhole),
    earlier: orAbsent(isVersions),
    rest: orAbsent(isOffer),
    into: orAbsent(isText),
    isPrivate: isFlag,
    to: isText,
    state: oneOf('accepted', 'received', 'noted'),
    turns: orAbsent(isWhole),
    withdrawn: orAbsent(oneOf('cancelled', 'changed')),
    at: isWhole,
    where: orAbsent(isReached),
    isUnasked: isFlag,
    path: isText,
    receipt: isText,
  },
  offerNumbers: {
    number: isWhole,
    name: isText,
    kind: oneOf('file', 'directory'),
    bytes: isWhole,
    files: isWhole,
    draft: isId,
  },
  offerCount: { last: isWhole },
  refused: { at: isWhole },
  ended: {
    at: isWhole,
    transferId: isText,
    direction: oneOf('down'),
    state: oneOf('completed', 'failed', 'cancelled'),
    name: isText,
    completes: orAbsent(isText),
    id: orNull(isId),
    peerId: orAbsent(isPeer),
    peerName: orAbsent(isText),
    bytes: isWhole,
    totalBytes: orNull(isWhole),
    bytesPerSecond: isWhole,
    etaMs: orNull(isWhole),
    sources: isWhole,
    priority: isPriority,
    files: orNull(isWhole),
    filesDone: orNull(isWhole),
    failed: isWhole,
    why: orAbsent(isWhy),
  },
};

const IS_ROW = Object.fromEntries(
  Object.entries(SHAPES).map(([table, shape]) => [table, shaped(shape)]),
) as Readonly<Record<TableName, Judge>>;

/** @returns the row, or undefined unless it is one of this table. */
export function parseRow<T extends TableName>(
  table: T,
  text: string | undefined,
): Tables[T] | undefined {
  const value = text === undefined ? undefined : parsedJson(text);
  return IS_ROW[table](value) ? (value as Tables[T]) : undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
