/** What a neighbour in the mesh passes on, where it is not what it should be, or is meant to harm a terminal. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from '#src/domain/limits.js';
import type { Identity } from '#src/io/disk/identity.js';
import { encodeCbor } from '#src/wire/cbor.js';
import { messageIdOf } from '#src/wire/signed-message.js';
import { becomeNeighbour, type Neighbour, signedBody } from '#test/support/gossip.js';
import { newIdentity } from '#test/support/identities.js';
import { createNetwork, type Network, type PeerHome } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { startProgram } from '#test/support/program.js';

vi.setConfig({ testTimeout: 120_000 });

const PATIENCE_MS = 20_000;

/** Clears a terminal, colours it, sets its title, turns the reading around, beeps, and feigns another line. */
const HOSTILE_TEXT =
  '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp.exe\u2028\r\nanna: yes\u007f\u0000';

const body = (fields: object = {}) => ({
  epoch: 1,
  sequence: 1,
  sentAt: Date.now(),
  name: 'mallory',
  kind: 'say',
  text: 'hello',
  ...fields,
});

const saying = (by: Identity, sequence: number, text: string, name = 'mallory') =>
  signedBody(encodeCbor(body({ sequence, text, name })), by);

/** The same length as a sound text, of bytes that are half of a character. */
function withHalfACharacter(): Uint8Array {
  const bytes = Buffer.from(encodeCbor(body({ text: 'abc' })));
  bytes.set([0xed, 0xa0, 0x80], bytes.indexOf('abc'));
  return bytes;
}

function damaged(payload: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(payload);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}

type Case = readonly [
  name: string,
  tell: (neighbour: Neighbour, mallory: Identity, known: Identity) => void,
];

const ofBody = (name: string, bytes: () => Uint8Array): Case => [
  name,
  (neighbour, mallory) => neighbour.pass(signedBody(bytes(), mallory)),
];
const ofFields = (name: string, fields: object): Case =>
  ofBody(name, () => encodeCbor(body(fields)));

const REFUSED: readonly Case[] = [
  ofFields('a text of no bytes', { text: '' }),
  ofFields('a text that is too long', { text: 'x'.repeat(LIMITS.messageTextBytes + 1) }),
  ofFields('a text that is too long in bytes', { text: '€'.repeat(LIMITS.messageTextBytes / 2) }),
  ofFields('a text that is none', { text: 5 }),
  ofFields('a name that is too long', { name: 'x'.repeat(LIMITS.peerNameBytes + 1) }),
  ofFields('a number that is none', { sequence: -1 }),
  ofFields('an epoch beyond all numbers', { epoch: 2 ** 60 }),
  ofFields('a kind that nobody knows', { kind: 'shout' }),
  ofFields('a private message', { kind: 'tell', to: Buffer.alloc(32) }),
  ofBody('half a character', withHalfACharacter),
  ofBody('no map', () => Buffer.from([0x80])),
  ofBody('a map that ends too soon', () => encodeCbor(body()).subarray(0, 20)),
  [
    'a message of somebody else that he did not sign',
    (neighbour, mallory, known) =>
      neighbour.pass(signedBody(encodeCbor(body({ sequence: 9 })), mallory, known)),
  ],
  [
    'a message of somebody else that was changed',
    (neighbour, _, known) => neighbour.pass(damaged(saying(known, 9, 'yes'))),
  ],
  [
    'a message under the id of another',
    (neighbour, mallory) => {
      const id = messageIdOf(saying(mallory, 8, 'another'));
      neighbour.tell({ type: 'gossip', id, round: 1, payload: saying(mallory, 9, 'this') });
    },
  ],
  [
    'missed messages, one of which was changed',
    (neighbour, mallory) =>
      neighbour.tell({ type: 'missed', payloads: [damaged(saying(mallory, 9, 'missed'))] }),
  ],
];

async function startVictim(network: Network, home: PeerHome) {
  const program = await startPeerProgram(network, home);
  const { ports } = await program.heard.until('ready');
  const texts = () => program.heard.of('message').map(({ text }) => text);
  const shown = (text: string) =>
    program.heard.until('message', { where: (message) => message.text === text });
  return { ...program, base: ports.mesh, texts, shown };
}

describe('a peer whose neighbour passes on what it should not', () => {
  it('ends the link at what is malformed, forged or under a wrong id, shows nothing of it, and goes on hearing', async () => {
    const network = await createNetwork(0);
    const victim = await startVictim(network, network.home('victim'));
    const [mallory, known] = await Promise.all([newIdentity(), newIdentity()]);
    const first = await becomeNeighbour(victim.base, mallory);
    first.pass(saying(known, 1, 'sound', 'known'));
    await victim.shown('sound');
    first.end();
    for (const [name, tell] of REFUSED) {
      // Each time another: nobody is taken for a neighbour again and again.
      const neighbour = await becomeNeighbour(victim.base, await newIdentity());
      tell(neighbour, mallory, known);
      await expect(
        Promise.race([neighbour.closed, late(name)]),
        `${name} ends the link`,
      ).resolves.toBeUndefined();
    }
    const last = await becomeNeighbour(victim.base, await newIdentity());
    // The number that was used in another's name is free for his own word.
    last.pass(saying(known, 9, 'his own', 'known'));
    expect(await victim.shown('his own')).toMatchObject({ from: known.peerId, name: 'known' });
    expect(victim.texts()).toEqual(['sound', 'his own']);
    expect(victim.heard.of('actor-restarted')).toEqual([]);
  });

  it('is not shown anything again that is replayed after it was started anew', async () => {
    const network = await createNetwork(0);
    const home = network.home('victim');
    const [mallory, author] = await Promise.all([newIdentity(), newIdentity()]);
    const recorded = [1, 2, 3].map((sequence) => saying(author, sequence, `message ${sequence}`));
    const before = await startVictim(network, home);
    const first = await becomeNeighbour(before.base, mallory);
    for (const payload of recorded) first.pass(payload);
    await before.shown('message 3');
    before.child.kill('SIGKILL');
    await before.exit;

    const victim = await startVictim(network, home);
    const neighbour = await becomeNeighbour(victim.base, mallory);
    for (const payload of recorded) neighbour.pass(payload);
    neighbour.tell({ type: 'missed', payloads: recorded });
    // Signed anew under a number that was used: another copy, and no other message.
    neighbour.pass(saying(author, 2, 'what he never said there'));
    neighbour.pass(saying(author, 4, 'message 4'));
    await victim.shown('message 4');
    expect(victim.texts()).toEqual(['message 4']);
    victim.send('history #all');
    const { messages } = await victim.heard.until('history');
    expect(messages.map(({ text }) => text)).toEqual([1, 2, 3, 4].map((n) => `message ${n}`));
  });

  it('shows on a terminal what would steer it as text, and keeps it on its line', async () => {
    const network = await createNetwork(0);
    const home = network.home('victim');
    const settings = await network.settings(home);
    const config = join(home.data, '..', 'peer.json');
    writeFileSync(config, JSON.stringify(settings));
    const terminal = startProgram(['start', '--config', config]);
    const linesWith = (text: string) => terminal.lines.filter((line) => line.includes(text));
    const untilShown = (text: string, times: number) =>
      vi.waitFor(() => expect(linesWith(text)).toHaveLength(times), {
        timeout: PATIENCE_MS,
        interval: 20,
      });
    const mallory = await newIdentity();
    const neighbour = await vi.waitFor(() => becomeNeighbour(Number(settings.port), mallory), {
      timeout: PATIENCE_MS,
      interval: 50,
    });
    const longest = 'x'.repeat(LIMITS.messageTextBytes);
    neighbour.pass(saying(mallory, 1, HOSTILE_TEXT, '\u001b[31mroot\u202e'));
    neighbour.pass(saying(mallory, 2, longest));
    neighbour.pass(saying(mallory, 3, 'the last one'));
    await untilShown('the last one', 1);
    terminal.send('history');
    await untilShown('the last one', 2);
    for (const line of linesWith('owned')) {
      expect(line).toContain('\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{9b}31m\\u{202e}gnp.exe');
      expect(line).toContain('\\u{2028}\\u{d}\\u{a}anna: yes\\u{7f}\\u{0}');
      expect(line).toContain('\\u{1b}[31mroot\\u{202e}');
    }
    expect(linesWith('owned')).toHaveLength(2);
    expect(linesWith(longest)).toHaveLength(2);
    expect(terminal.lines.join('')).not.toMatch(CONTROLS);
  });
});

/** All that moves a cursor, hides, or turns the reading around. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}]/u;

async function late(name: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
  throw new Error(`${name} was taken`);
}
