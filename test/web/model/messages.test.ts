import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { MessageRow } from '#src/peer/rows.js';
import {
  conversationOf,
  type Messages,
  messagesFrom,
  NO_MESSAGES,
  opened,
  said,
  stepMessages,
  unreadIn,
} from '#web/model/messages.js';

const SELF = 'self' as PeerId;
const ANNA = 'anna' as PeerId;

function row(id: string, fields: Partial<MessageRow> = {}): MessageRow {
  return { id, from: ANNA, name: 'anna', text: id, sentAt: 1, private: false, ...fields };
}

function heard(messages: Messages, ...rows: readonly MessageRow[]): Messages {
  return rows.reduce((all, one) => stepMessages(all, { type: 'message', ...one }, SELF), messages);
}

describe('the messages of the page', () => {
  it('counts what others say as unread, until its conversation is opened', () => {
    const messages = heard(NO_MESSAGES, row('1'), row('2', { private: true, to: SELF }));
    expect(unreadIn(messages)).toBe(2);
    expect(conversationOf(messages, ANNA).unread).toBe(1);
    const read = opened(messages, ANNA);
    expect(unreadIn(read)).toBe(1);
    expect(unreadIn(heard(read, row('3', { private: true, to: SELF })))).toBe(1);
  });

  it('shows a message once, however often it is told', () => {
    const messages = heard(NO_MESSAGES, row('1'), row('1'));
    expect(conversationOf(messages, 'all').rows).toHaveLength(1);
    expect(unreadIn(messages)).toBe(1);
  });

  it('puts what it said itself to the one it was said to, and counts it as read', () => {
    const own = row('1', { from: SELF, private: true, to: ANNA, state: 'waiting' });
    const messages = said(NO_MESSAGES, own, SELF);
    expect(conversationOf(messages, ANNA).rows).toEqual([own]);
    expect(unreadIn(messages)).toBe(0);
  });

  it('follows a private message until it is delivered', () => {
    const own = row('1', { from: SELF, private: true, to: ANNA, state: 'waiting' });
    const told = { id: '1', to: ANNA, name: 'anna' };
    const messages = stepMessages(
      said(NO_MESSAGES, own, SELF),
      { type: 'message-delivered', ...told },
      SELF,
    );
    expect(conversationOf(messages, ANNA).rows[0]?.state).toBe('delivered');
  });

  it('has nothing unread at its first reading, and what was missed at a later one', () => {
    const first = messagesFrom(NO_MESSAGES, [row('1')], SELF, true);
    expect(unreadIn(first)).toBe(0);
    const again = messagesFrom(first, [row('1'), row('2'), row('3', { from: SELF })], SELF, false);
    expect(unreadIn(again)).toBe(1);
    expect(conversationOf(again, 'all').rows.map(({ id }) => id)).toEqual(['1', '2', '3']);
  });

  it('keeps a conversation and its unread mark where a later reading has nothing of it', () => {
    const quiet = row('1', { private: true, to: SELF });
    const before = heard(NO_MESSAGES, quiet);
    const again = messagesFrom(before, [row('2')], SELF, false);
    expect(conversationOf(again, ANNA)).toMatchObject({ rows: [quiet], unread: 1 });
    expect(unreadIn(again)).toBe(2);
  });
});
