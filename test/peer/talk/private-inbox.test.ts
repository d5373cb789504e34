import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import { type Database, openDatabase } from '#src/io/disk/database.js';
import type { Identity } from '#src/io/disk/identity.js';
import { signTell } from '#src/io/mesh/tell-signing.js';
import type { PeerEvent } from '#src/peer/events.js';
import { PrivateInbox } from '#src/peer/talk/private-inbox.js';
import { PrivateMessages } from '#src/peer/talk/private-messages.js';
import { newIdentity, selfOf } from '#test/support/identities.js';

const SELF = `${'s'.repeat(51)}q` as PeerId;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'p2p-inbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const tellOf = (author: Identity, sequence: number, epoch = 1): HeardMessage =>
  signTell(
    { epoch, sequence, sentAt: 1, text: `text ${sequence}`, to: SELF },
    selfOf(author),
    author.credentials,
  );

/** One life of a peer, as far as its inbox goes. */
async function inboxOn(database: Database) {
  const told: string[] = [];
  const answers: string[] = [];
  const messages = await PrivateMessages.open(database, SELF);
  const inbox = new PrivateInbox({
    self: SELF,
    messages,
    lastToAll: () => 0,
    isBlocked: () => false,
    order: (order) => {
      if (order.type === 'tell' && order.message.type === 'told')
        answers.push(order.message.outcome);
    },
    tell: (event: PeerEvent) => told.push(event.type === 'message' ? event.text : event.type),
  });
  return { inbox, messages, told, answers };
}

it('tells each message once and acknowledges it each time, in this life and in later ones', async () => {
  const folder = newFolder();
  const author = await newIdentity();
  const [one, two] = [tellOf(author, 1), tellOf(author, 2)];
  const { database } = await openDatabase(folder);
  const first = await inboxOn(database);
  for (const message of [one, one, two, one]) first.inbox.hear(message);
  await first.inbox.close();
  expect(first.told).toEqual(['text 1', 'text 2']);
  expect(first.answers).toEqual(['stored', 'stored', 'stored', 'stored']);
  await database.close();
  const { database: again } = await openDatabase(folder);
  const second = await inboxOn(again);
  for (const message of [two, one, tellOf(author, 3)]) second.inbox.hear(message);
  await second.inbox.close();
  expect(second.told).toEqual(['text 3']);
  expect(second.answers).toEqual(['stored', 'stored', 'stored']);
  expect(second.messages.kept().map(({ record }) => record.text)).toEqual([
    'text 1',
    'text 2',
    'text 3',
  ]);
  await again.close();
});

it('knows one that was stored as the peer was killed, though nothing else was written', async () => {
  const { database } = await openDatabase(newFolder());
  const author = await newIdentity();
  // All that had come to the disk is the message itself.
  await (await PrivateMessages.open(database, SELF)).add(tellOf(author, 1), SELF, 'received', 0);
  const { inbox, told, answers } = await inboxOn(database);
  inbox.hear(tellOf(author, 1));
  await inbox.close();
  expect(told).toEqual([]);
  expect(answers).toEqual(['stored']);
  await database.close();
});

it('knows those that are kept no longer', async () => {
  const { database } = await openDatabase(newFolder());
  const author = await newIdentity();
  const all = Array.from({ length: 510 }, (_, at) => tellOf(author, at + 1));
  const first = await inboxOn(database);
  for (const message of all) first.inbox.hear(message);
  await first.inbox.close();
  expect(first.told).toHaveLength(510);
  expect(first.messages.kept(author.peerId)).toHaveLength(500);
  const second = await inboxOn(database);
  for (const message of all.slice(0, 10)) second.inbox.hear(message);
  await second.inbox.close();
  expect(second.told).toEqual([]);
  expect(second.answers).toEqual(Array.from({ length: 10 }, () => 'stored'));
  await database.close();
});

it('says full, and tells nothing, where the disk takes nothing; and takes it when it comes again', async () => {
  const { database } = await openDatabase(newFolder());
  let isFull = true;
  const failing: Database = {
    ...database,
    put: (table, key, value) =>
      isFull ? Promise.reject(new Error('no space left')) : database.put(table, key, value),
  };
  const { inbox, told, answers } = await inboxOn(failing);
  const message = tellOf(await newIdentity(), 1);
  inbox.hear(message);
  await inbox.close();
  expect([told, answers]).toEqual([['error'], ['full']]);
  isFull = false;
  inbox.hear(message);
  await inbox.close();
  expect([told, answers]).toEqual([
    ['error', 'text 1'],
    ['full', 'stored'],
  ]);
  await database.close();
});

it('refuses another message under a number that was here, as of an author who restored a backup', async () => {
  const { database } = await openDatabase(newFolder());
  const author = await newIdentity();
  const { inbox, told, answers } = await inboxOn(database);
  const telling = { epoch: 1, sequence: 1, sentAt: 1, text: 'another', to: SELF };
  const other = signTell(telling, selfOf(author), author.credentials);
  for (const message of [tellOf(author, 1), other, tellOf(author, 1)]) inbox.hear(message);
  await inbox.close();
  expect(told).toEqual(['text 1']);
  expect(answers).toEqual(['stored', 'refused', 'stored']);
  await database.close();
});

it('refuses what is of an epoch too old to know, since it may never have been stored', async () => {
  const { database } = await openDatabase(newFolder());
  const author = await newIdentity();
  const { inbox, told, answers } = await inboxOn(database);
  for (const epoch of [2, 3, 4, 1, 2]) inbox.hear(tellOf(author, 1, epoch));
  await inbox.close();
  expect(told).toHaveLength(3);
  expect(answers).toEqual(['stored', 'stored', 'stored', 'refused', 'stored']);
  await database.close();
});
