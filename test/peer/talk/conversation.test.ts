import { expect, it, onTestFinished } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import { type Database, openDatabase } from '#src/io/disk/database.js';
import type { Identity } from '#src/io/disk/identity.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import { Conversation } from '#src/peer/talk/conversation.js';
import { announcerKey } from '#src/wire/announcement.js';
import { messageIdOf, openMessage, signMessage } from '#src/wire/signed-message.js';
import { newFolder } from '#test/support/folders.js';
import { newIdentity, selfOf } from '#test/support/identities.js';

async function newDatabase(): Promise<Database> {
  const { database } = await openDatabase(newFolder());
  onTestFinished(() => database.close());
  return database;
}

function heardOf({ credentials }: Identity, sequence: number, epoch = 1): HeardMessage {
  const said = { kind: 'say', text: `text ${sequence}` } as const;
  const numbers = { epoch, sequence, sentAt: Date.now(), name: 'anna' };
  const payload = signMessage({ ...numbers, said }, announcerKey(credentials.keyPem));
  const { author } = openMessage(payload);
  return { ...numbers, author, id: messageIdOf(payload), text: said.text, payload };
}

/** What is said to all at one peer; its mesh hears what is said here at once. */
async function conversationOn(database: Database, identity: Identity) {
  const told: string[] = [];
  const tell = (event: PeerEvent) => told.push(event.type === 'message' ? event.text : event.type);
  const home = { database, self: selfOf(identity) } as Home;
  const conversation = await Conversation.open(home, () => false, tell);
  const numbers: number[] = [];
  const crew: Parameters<Conversation['say']>[1] = {
    send: (_, order) => {
      if (order.type !== 'say') return;
      numbers.push(order.sequence);
      conversation.hear(heardOf(identity, order.sequence, order.epoch));
    },
  };
  return { conversation, told, numbers, say: (text: string) => conversation.say(text, crew) };
}

it('refuses to say what others would not hear, and takes no number for it', async () => {
  const { say, numbers } = await conversationOn(await newDatabase(), await newIdentity());
  const said = await Promise.allSettled(Array.from({ length: 150 }, () => say('hello')));
  const refused = said.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  // A slow machine takes some more, as time goes on.
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]).toMatchObject({ code: 'limit' });
  expect(String(refused[0])).toMatch(/100 messages at once and 20 a second/);
  expect(numbers.length).toBe(150 - refused.length);
  expect(numbers).toEqual(numbers.map((_, at) => at + 1));
});

it('shows nothing that could not be stored, says so of ours, and takes it when it comes again', async () => {
  const database = await newDatabase();
  let isFull = true;
  const failing: Database = {
    ...database,
    put: (table, key, value) =>
      isFull && table === 'messages'
        ? Promise.reject(new Error('no space left'))
        : database.put(table, key, value),
  };
  const { conversation, told, say, numbers } = await conversationOn(failing, await newIdentity());
  const message = heardOf(await newIdentity(), 1);
  conversation.hear(message);
  await expect(say('hello')).rejects.toMatchObject({ code: 'data-failed' });
  expect(told).toEqual(['error', 'error']);
  expect([conversation.recent(9), conversation.history.rows]).toEqual([[], []]);
  isFull = false;
  for (const each of [message, message]) conversation.hear(each);
  await say('hello');
  // The number that was on its way is used no more.
  expect(numbers).toEqual([1, 2]);
  expect(told).toEqual(['error', 'error', 'text 1', 'text 2']);
});

it('drops what comes while 4,000 wait for the disk, and takes it when it comes again', async () => {
  const database = await newDatabase();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: Database = {
    ...database,
    // What comes to it is counted, and costs nothing.
    put: async (table) => (table === 'messages' ? held : undefined),
    all: async () => [],
  };
  const { conversation, told } = await conversationOn(slow, await newIdentity());
  const one = heardOf(await newIdentity(), 1);
  const all = Array.from({ length: 4001 }, (_, at) => ({ ...one, sequence: at + 1 }));
  for (const each of all) conversation.hear(each);
  release();
  await conversation.close();
  expect(told).toHaveLength(4000);
  for (const each of all.slice(-1)) conversation.hear(each);
  await conversation.close();
  expect(told).toHaveLength(4001);
});

it('keeps rows of the 1,024 authors who spoke last, and shows nothing old of the others in a later life', async () => {
  const database = await newDatabase();
  const identity = await newIdentity();
  const first = await conversationOn(database, identity);
  const one = { ...heardOf(identity, 1), sentAt: Date.now() - 10_000 };
  const all = Array.from({ length: 1500 }, (_, at) => {
    const letters = [at / 625, (at / 25) % 25, at % 25].map((n) => String.fromCharCode(97 + n));
    const author = `${letters.join('').padStart(51, 'a')}q` as PeerId;
    return { ...one, author, sentAt: one.sentAt + at };
  });
  for (const each of all) first.conversation.hear(each);
  await first.conversation.close();
  expect(await database.all('authors')).toHaveLength(1024);
  const kept = await database.all('messages');
  await Promise.all(kept.map(([key]) => database.remove('messages', key)));
  const second = await conversationOn(database, identity);
  for (const each of all) second.conversation.hear(each);
  await second.conversation.close();
  expect(second.told).toEqual([]);
});
