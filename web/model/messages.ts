/** What was said, by conversation, with what was not read yet. Pure. */
import type { PeerId } from '#src/domain/ids.js';
import type { Told } from '#src/peer/api.js';
import type { MessageRow, TellState } from '#src/peer/rows.js';

/** With all, or with one. */
export type ConversationId = PeerId | 'all';

export type Conversation = {
  /** As they came, the oldest first. */
  readonly rows: readonly MessageRow[];
  readonly unread: number;
};

export type Messages = {
  readonly conversations: ReadonlyMap<ConversationId, Conversation>;
  /** The one that is shown, whose messages are read as they come. */
  readonly open: ConversationId | undefined;
};

export const NO_MESSAGES: Messages = { conversations: new Map(), open: undefined };

/** As many of one conversation are kept here; the peer has more. */
const MOST_ROWS = 5000;

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
  const conversations = new Map<ConversationId, Conversation>();
  for (const row of rows) {
    const id = whoseIs(row, self);
    const { rows: before, unread } = conversations.get(id) ?? {
      rows: [],
      unread: conversationOf(messages, id).unread,
    };
    const isNew = !isFirst && !known.has(row.id) && row.from !== self && messages.open !== id;
    conversations.set(id, { rows: [...before, row], unread: unread + Number(isNew) });
  }
  return { ...messages, conversations };
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
  const { rows, unread } = conversationOf(messages, id);
  if (rows.some((one) => one.id === row.id)) return messages;
  const isUnread = row.from !== self && messages.open !== id;
  const next = { rows: [...rows, row].slice(-MOST_ROWS), unread: unread + Number(isUnread) };
  return withConversation(messages, id, next);
}

/** It is shown from now on, and all of it is read. @param id undefined where none is shown. */
export function opened(messages: Messages, id: ConversationId | undefined): Messages {
  if (id === undefined) return { ...messages, open: id };
  const { rows } = conversationOf(messages, id);
  return { ...withConversation(messages, id, { rows, unread: 0 }), open: id };
}

export function unreadIn({ conversations }: Messages): number {
  return [...conversations.values()].reduce((sum, { unread }) => sum + unread, 0);
}

function stated(messages: Messages, to: PeerId, id: string, state: TellState): Messages {
  const { rows, unread } = conversationOf(messages, to);
  const at = rows.findIndex((row) => row.id === id);
  const row = rows[at];
  if (row === undefined) return messages;
  return withConversation(messages, to, { rows: rows.with(at, { ...row, state }), unread });
}

function withConversation(messages: Messages, id: ConversationId, next: Conversation): Messages {
  return { ...messages, conversations: new Map(messages.conversations).set(id, next) };
}

function whoseIs(row: MessageRow, self: PeerId): ConversationId {
  if (!row.private) return 'all';
  return row.from === self ? (row.to ?? self) : row.from;
}
