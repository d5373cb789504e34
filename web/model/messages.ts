/** What was said, by conversation, with what was not read yet. Pure. */
import type { PeerId } from '#src/domain/ids.js';
import type { Told } from '#src/peer/api.js';
import type { MessageRow, TellState } from '#src/peer/rows.js';

/** As many as the peer tells at once. */
export const MOST_MESSAGES = 1000;

/** With all, or with one. */
export type ConversationId = PeerId | 'all';

export type Conversation = {
  /** As they came, the oldest first. */
  readonly rows: readonly MessageRow[];
  readonly unread: number;
  /** The peer has none before these. */
  readonly isWhole?: true;
};

export type Messages = {
  readonly conversations: ReadonlyMap<ConversationId, Conversation>;
  /** The one that is shown, whose messages are read as they come. */
  readonly open: ConversationId | undefined;
};

export const NO_MESSAGES: Messages = { conversations: new Map(), open: undefined };

/** As many of one conversation are kept here: more than a peer keeps. */
const MOST_ROWS = 100_000;

/** Less than a screen of them. */
const FEW_ROWS = 50;

const NOTHING: Conversation = { rows: [], unread: 0 };

export function conversationOf(messages: Messages, id: ConversationId): Conversation {
  return messages.conversations.get(id) ?? NOTHING;
}

/** All that was said lately, read anew: what came since the last reading is unread as far as it was not known. */
export function messagesFrom(
  messages: Messages,
  rows: readonly MessageRow[],
  self: PeerId,
  isFirst: boolean,
): Messages {
  const known = new Set(
    [...messages.conversations.values()].flatMap((one) => one.rows.map(({ id }) => id)),
  );
  const lately = new Map<ConversationId, MessageRow[]>();
  for (const row of rows) {
    const id = whoseIs(row, self);
    const of = lately.get(id);
    if (of === undefined) lately.set(id, [row]);
    else of.push(row);
  }
  // What was said lately is bounded: a conversation that has nothing in it is as it was.
  const conversations = new Map(messages.conversations);
  for (const [id, latest] of lately) {
    const before = conversationOf(messages, id);
    const isNew = (row: MessageRow) =>
      !isFirst && !known.has(row.id) && row.from !== self && messages.open !== id;
    const unread = before.unread + latest.filter(isNew).length;
    conversations.set(id, { ...joined(before, latest), unread });
  }
  return { ...messages, conversations };
}

/** What was read of earlier times stays, where the latest begin in it: else some between may be missing. */
function joined(before: Conversation, latest: readonly MessageRow[]): Omit<Conversation, 'unread'> {
  const at = before.rows.findIndex(({ id }) => id === latest[0]?.id);
  if (at < 0) return { rows: latest };
  const rows = [...before.rows.slice(0, at), ...latest];
  return { rows, ...(before.isWhole && { isWhole: true }) };
}

/** @returns which messages lead on from the first that is here; undefined where that is the first there is. */
export function earlierThan(
  messages: Messages,
  id: ConversationId,
): { readonly with?: string; readonly before?: string } | undefined {
  const { rows, isWhole } = conversationOf(messages, id);
  if (isWhole) return undefined;
  const [first] = rows;
  return { ...(id !== 'all' && { with: id }), ...(first !== undefined && { before: first.id }) };
}

/** There may be more of it than is here to see. */
export function isShort(messages: Messages, id: ConversationId): boolean {
  const { rows, isWhole } = conversationOf(messages, id);
  return !isWhole && rows.length < FEW_ROWS;
}

/** @param rows what came before all that is here; fewer than were asked for are the first there are. */
export function withEarlier(
  messages: Messages,
  id: ConversationId,
  rows: readonly MessageRow[],
  isWhole: boolean,
): Messages {
  const before = conversationOf(messages, id);
  const known = new Set(before.rows.map((row) => row.id));
  const earlier = rows.filter((row) => !known.has(row.id));
  const next = { ...before, rows: [...earlier, ...before.rows] };
  return withConversation(messages, id, isWhole ? { ...next, isWhole: true } : next);
}

export function stepMessages(messages: Messages, event: Told, self: PeerId): Messages {
  switch (event.type) {
    case 'message':
      return said(messages, event, self);
    case 'message-delivered':
      return stated(messages, event.to, event.id, 'delivered');
    case 'message-waiting':
      return stated(messages, event.to, event.id, 'waiting');
    case 'message-failed':
      return stated(messages, event.to, event.id, 'failed');
    default:
      return messages;
  }
}

/** One more, once. */
export function said(messages: Messages, row: MessageRow, self: PeerId): Messages {
  const id = whoseIs(row, self);
  const before = conversationOf(messages, id);
  const { rows, unread } = before;
  // The one that is known is among the latest.
  if (rows.findLast((one) => one.id === row.id) !== undefined) return messages;
  const isUnread = row.from !== self && messages.open !== id;
  const all = rows.length < MOST_ROWS ? [...rows, row] : [...rows.slice(1 - MOST_ROWS), row];
  return withConversation(messages, id, {
    ...before,
    rows: all,
    unread: unread + Number(isUnread),
  });
}

/** It is shown from now on, and all of it is read. @param id undefined where none is shown. */
export function opened(messages: Messages, id: ConversationId | undefined): Messages {
  if (id === undefined) return { ...messages, open: id };
  const before = conversationOf(messages, id);
  return { ...withConversation(messages, id, { ...before, unread: 0 }), open: id };
}

export function unreadIn({ conversations }: Messages): number {
  return [...conversations.values()].reduce((sum, { unread }) => sum + unread, 0);
}

function stated(messages: Messages, to: PeerId, id: string, state: TellState): Messages {
  const before = conversationOf(messages, to);
  const { rows } = before;
  const at = rows.findIndex((row) => row.id === id);
  const row = rows[at];
  if (row === undefined) return messages;
  return withConversation(messages, to, { ...before, rows: rows.with(at, { ...row, state }) });
}

function withConversation(messages: Messages, id: ConversationId, next: Conversation): Messages {
  return { ...messages, conversations: new Map(messages.conversations).set(id, next) };
}

function whoseIs(row: MessageRow, self: PeerId): ConversationId {
  if (!row.private) return 'all';
  return row.from === self ? (row.to ?? self) : row.from;
}
