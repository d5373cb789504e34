/** Questions to everybody, and answers, that are meant to harm. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { Answer, Query, QueryId } from '#src/domain/query/query.js';
import type { Identity } from '#src/io/disk/identity.js';
import { announcerKey } from '#src/wire/announcement.js';
import { encodeCbor } from '#src/wire/cbor.js';
import { encodeFrame, FRAME } from '#src/wire/frame.js';
import { messageIdOf, signMessage } from '#src/wire/signed-message.js';
import { type Hand, introduce } from '#test/support/hostile-peer.js';
import { newIdentity } from '#test/support/identities.js';
import { createNetwork, type TestPeer } from '#test/support/network.js';
import { freePeerBase, HOST } from '#test/support/places.js';
import { startRelay } from '#test/support/relay.js';

const SILENT = { discovery: { enabled: false } } as const;
const ID = 'f'.repeat(64) as ContentId;

async function alone(): Promise<TestPeer> {
  const { peers } = await createNetwork(1, undefined, { settings: SILENT });
  return peers[0] as TestPeer;
}

/** One of the links of the peer: it neighbours us. */
async function neighbourOf(peer: TestPeer): Promise<Hand> {
  const { hands } = await startRelay([peer]);
  return hands[0] as Hand;
}

/** Hands over each question of the peer's. */
function onQuestion(hand: Hand, answer: (id: QueryId) => void): void {
  hand.onEach(({ message }) => {
    if (message.type !== 'mesh' || message.message.type !== 'gossip') return;
    const text = Buffer.from(message.message.payload).toString('latin1');
    const at = text.indexOf('bid');
    if (!text.includes('equery') || at === -1) return;
    answer(Buffer.from(text.slice(at + 4, at + 20), 'latin1').toString('hex') as QueryId);
  });
}

let sequence = 0;

function gossipOf({ credentials }: Identity, query: Partial<Query>): Parameters<Hand['send']>[0] {
  sequence += 1;
  const id = randomBytes(16).toString('hex') as QueryId;
  const plain = { id, asked: { about: 'topology' }, hops: 16, withinMs: 0, port: 1, hosts: [] };
  const said = { kind: 'query', query: { ...plain, ...query } as Query } as const;
  const key = announcerKey(credentials.keyPem);
  const numbers = { epoch: 1, sequence, sentAt: Date.now(), name: 'evil' };
  const payload = signMessage({ ...numbers, said }, key);
  const message = { type: 'gossip', id: messageIdOf(payload), round: 1, payload } as const;
  return { type: 'mesh', message };
}

const rowsOf = (...names: readonly string[]) =>
  names.map((name) => ({ name, id: ID, bytes: 1, chunks: 1, have: 1 }));

const answersIn = ({ heard }: Hand) =>
  heard.filter(({ message }) => message.type === 'direct' && message.message.type === 'answer');

describe('answers', () => {
  it('count once of each peer, to what it was asked, and only where a name can be and was meant', async () => {
    const peer = await alone();
    const hand = await neighbourOf(peer);
    onQuestion(hand, (query) => {
      const say = (answer: Omit<Extract<Answer, { about: 'content' }>, 'query'>) =>
        hand.send({ type: 'direct', message: { type: 'answer', answer: { query, ...answer } } });
      say({ about: 'content', rows: rowsOf('film', 'something else', 'a\u0007b') });
      say({ about: 'content', rows: rowsOf('film', 'film') });
    });
    const found = await peer.find('film');
    expect(found.map(({ name }) => name)).toEqual(['film']);
    expect(found[0]?.sources).toHaveLength(1);
  });

  it('with a name that escapes are not taken at all, nor those to no question or to another one', async () => {
    const peer = await alone();
    const hand = await neighbourOf(peer);
    onQuestion(hand, (query) => {
      const say = (answer: Answer) =>
        hand.send({ type: 'direct', message: { type: 'answer', answer } });
      say({ query: '0'.repeat(32) as QueryId, about: 'content', rows: rowsOf('film') });
      say({ query, about: 'content', rows: rowsOf('film', '../film') });
    });
    expect(await peer.find('film')).toEqual([]);
    const other = await neighbourOf(peer);
    onQuestion(other, (query) => {
      const answer: Answer = { query, about: 'topology', name: 'x', load: 1, links: [] };
      other.send({ type: 'direct', message: { type: 'answer', answer } });
    });
    expect(await peer.find('film')).toEqual([]);
  });

  it('that are larger than an answer may be end the link', async () => {
    const peer = await alone();
    const hand = await neighbourOf(peer);
    const rows = Array.from({ length: 900 }, () => ['n', Buffer.alloc(32), 1, 1, 1]);
    const giant = { type: 'answer', query: Buffer.alloc(16), about: 'content', rows };
    hand.raw(encodeFrame(FRAME.direct, 0, encodeCbor(giant)));
    await hand.closed;
    expect((await peer.topology()).nodes).toHaveLength(1);
  });

  it('of a stranger who was not asked are not even listened to', async () => {
    const peer = await alone();
    const hand = await introduce(peer.ports.mesh, 'answer', await newIdentity());
    await hand.closed;
    expect(peer.heard.of('peer-up')).toEqual([]);
  });
});

describe('questions', () => {
  it('of a flood are answered five times and then once a second, and the link is not cut for them', async () => {
    const peer = await alone();
    const evil = await newIdentity();
    const hand = await introduce(peer.ports.mesh, 'link', evil);
    hand.send({ type: 'offer', fresh: true, complete: true, changed: [], removed: [] });
    const began = performance.now();
    for (let count = 0; count < 300; count += 1) hand.send(gossipOf(evil, {}));
    await vi.waitFor(() => expect(answersIn(hand).length).toBeGreaterThanOrEqual(5), 20_000);
    // The flood is over once what was said behind it is answered.
    hand.send({ type: 'ping' });
    await hand.until('pong');
    const seconds = (performance.now() - began) / 1000;
    expect(answersIn(hand).length).toBeLessThanOrEqual(6 + Math.ceil(seconds));
  });

  it('that name a victim have it dialled five times by a peer, however many ask under however many keys', async () => {
    const peer = await alone();
    const port = await freePeerBase();
    let dials = 0;
    const victim = createServer((socket) => {
      dials += 1;
      socket.on('error', () => undefined);
      socket.destroy();
    });
    await new Promise<void>((resolve) => void victim.listen(port, HOST, resolve));
    onTestFinished(() => void victim.close());
    const hand = await neighbourOf(peer);
    const sybils = await Promise.all(Array.from({ length: 20 }, () => newIdentity()));
    for (const sybil of sybils)
      hand.send(gossipOf(sybil, { port, hosts: [HOST, HOST, HOST, HOST] }));
    await vi.waitFor(() => expect(dials).toBeGreaterThan(0), 20_000);
    // One of our own is answered behind them, when every wait of theirs is over.
    await peer.topology();
    expect(dials).toBeLessThanOrEqual(6);
  });
});
