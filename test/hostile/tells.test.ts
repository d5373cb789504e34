/** Private messages that nobody means well with: forged, for others, again and again, and a thousand of them. */
import { expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { Identity } from '#src/io/disk/identity.js';
import { signTell } from '#src/io/mesh/tell-signing.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import { type Hand, introduce } from '#test/support/hostile-peer.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import { createNetwork, type TestPeer } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';

vi.setConfig({ testTimeout: 120_000 });

const PATIENCE_MS = 60_000;

/** Ten times what is taken of one peer at once. */
const FLOOD = 1000;

let sequence = 0;

function tellOf(author: Identity, to: PeerId, text: string): DirectMessage {
  sequence += 1;
  const telling = { epoch: 1, sequence, sentAt: Date.now(), text, to };
  return { type: 'tell', payload: signTell(telling, selfOf(author), author.credentials).payload };
}

const say = (hand: Hand, message: DirectMessage) => hand.send({ type: 'direct', message });

const outcomes = (hand: Hand) =>
  hand.heard.flatMap(({ message }) =>
    message.type === 'direct' && message.message.type === 'told' ? [message.message.outcome] : [],
  );

const answered = (hand: Hand, count: number) =>
  vi.waitFor(() => expect(outcomes(hand).length).toBeGreaterThanOrEqual(count), {
    timeout: PATIENCE_MS,
  });

async function victim(): Promise<TestPeer> {
  const { peers } = await createNetwork(1);
  return peers[0] as TestPeer;
}

it('one that its author did not tell himself, or that is for another, ends the link and is not shown', async () => {
  const anna = await victim();
  const [mallory, ben] = [await newIdentity(), await newIdentity()];
  const forged = [
    tellOf(ben, anna.peerId, 'in the name of another'),
    tellOf(mallory, ben.peerId, 'for another'),
    { type: 'tell', payload: Buffer.alloc(200) } as const,
  ];
  for (const message of forged) {
    const hand = await introduce(anna.ports.mesh, 'link', mallory);
    say(hand, message);
    await hand.closed;
    expect(outcomes(hand)).toEqual([]);
  }
  const honest = await introduce(anna.ports.mesh, 'link', ben);
  say(honest, tellOf(ben, anna.peerId, 'honest'));
  await anna.heard.until('message');
  expect(anna.heard.of('message').map(({ text }) => text)).toEqual(['honest']);
  expect(anna.messages({ all: true })).toHaveLength(1);
});

it('of a thousand at once a hundred are stored, and another peer is heard meanwhile', async () => {
  const anna = await victim();
  const [mallory, ben] = [await newIdentity(), await newIdentity()];
  const flooding = await introduce(anna.ports.mesh, 'link', mallory);
  const message = tellOf(mallory, anna.peerId, 'x'.repeat(1000));
  const others = Array.from({ length: 200 }, (_, at) => tellOf(mallory, anna.peerId, `${at}`));
  const began = performance.now();
  for (const one of others) say(flooding, one);
  for (let count = others.length; count < FLOOD; count += 1) {
    say(flooding, message);
    if (count % 500 === 0) await flooding.drained();
  }
  const honest = await introduce(anna.ports.mesh, 'link', ben);
  say(honest, tellOf(ben, anna.peerId, 'honest'));
  await anna.heard.until('message', { where: ({ text }) => text === 'honest' });
  await answered(flooding, FLOOD);
  // A hundred at once, and five a second.
  const most = 100 + Math.ceil(((performance.now() - began) / 1000) * 5);
  const stored = outcomes(flooding).filter((outcome) => outcome === 'stored').length;
  expect(stored).toBeLessThanOrEqual(most);
  expect(stored).toBeGreaterThanOrEqual(100);
  expect(anna.messages({ with: mallory.peerId, count: FLOOD }).length).toBeLessThanOrEqual(stored);
});

it('one that comes again is acknowledged again and shown once, though its reader was killed in between', async () => {
  const network = await createNetwork(0);
  const home = network.home('anna');
  const author = await newIdentity();
  const first = await startPeerProgram(network, home);
  const { peerId, ports } = await first.heard.until('ready');
  const message = tellOf(author, peerId, 'once');
  const hand = await introduce(ports.mesh, 'link', author);
  say(hand, message);
  // It is stored before it is shown; whether it was acknowledged is left to chance.
  await first.heard.until('message');
  first.child.kill('SIGKILL');
  await first.exit;
  const again = await startPeerProgram(network, home);
  const { ports: newPorts } = await again.heard.until('ready');
  const later = await introduce(newPorts.mesh, 'link', author);
  say(later, message);
  say(later, message);
  say(later, tellOf(author, peerId, 'the next'));
  await answered(later, 3);
  expect(outcomes(later)).toEqual(['stored', 'stored', 'stored']);
  const { text } = await again.heard.until('message');
  expect(text).toBe('the next');
  again.send(`history ${author.peerId}`);
  const { messages } = await again.heard.until('history');
  expect(messages.map((one) => one.text)).toEqual(['once', 'the next']);
});
