/** Offers that nobody means well with, and words about offers that are none of the speaker's business. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import type { Identity } from '#src/io/disk/identity.js';
import { encodeCbor } from '#src/wire/cbor.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import { rawOffer } from '#src/wire/send-message.js';
import { signedBody } from '#test/support/gossip.js';
import { ESCAPES } from '#test/support/hostile-names.js';
import { introduce } from '#test/support/hostile-peer.js';
import {
  newOfferId,
  offerWith,
  say,
  signedOffer,
  signedReceipt,
} from '#test/support/hostile-sender.js';
import { newIdentity } from '#test/support/identities.js';
import { createNetwork } from '#test/support/network.js';
import {
  afterwards,
  alone,
  answers,
  linked,
  names,
  PATIENCE_MS,
  until,
} from '#test/support/offered.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rememberOutside } from '#test/support/outside.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { startProgram } from '#test/support/program.js';

vi.setConfig({ testTimeout: 120_000 });

/** Waiting for the user's word: of one sender, and of all. */
const MOST_OF_ONE = 50;
const MOST_OPEN = 500;

/** What all together may say at once, and one peer: fewer hands than this say it in one go. */
const OF_ONE = 60;

const FLOOD = 10_000;

/** Of them, as each costs a signature: more than are taken within the flood. */
const DISTINCT = 500;

const MEMORY_TOLERANCE_BYTES = 128 * MiB;

async function late(what: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
  throw new Error(`an offer with ${what} was taken`);
}

/** Signed well, whatever it says. */
function crookedOffer(fields: object, by: Identity): DirectMessage {
  const about = { epoch: 0, sequence: 0, sentAt: Date.now(), name: 'mallory', kind: 'offer' };
  const body = encodeCbor({ ...about, ...rawOffer(offerWith({})), ...fields });
  return { type: 'send-offer', payload: signedBody(body, by) };
}

const CROOKED: readonly (readonly [string, object])[] = [
  ['bytes below nothing', { bytes: -1 }],
  ['bytes beyond all numbers', { bytes: 2 ** 60 }],
  ['bytes that are no whole number', { bytes: 1.5 }],
  ['bytes that are a text', { bytes: '10' }],
  ['more files than there may be', { files: 1_000_001 }],
  ['files beyond all numbers', { files: 2 ** 60 }],
  ['an id that is too short', { offer: Buffer.alloc(15) }],
  ['an id that is a text', { offer: 'f'.repeat(32) }],
  ['a draft that is too long', { draft: Buffer.alloc(33) }],
  ['no draft', { draft: null }],
  ['a content that is none', { content: 5 }],
  ['a name that is too long', { title: 'x'.repeat(256) }],
  ['a name that is none', { title: Buffer.from('x') }],
  ['a form that nobody knows', { form: 'link' }],
  ['a recipient that is none', { to: 'all' }],
  ['the rest of an offer whose id is too long', { rest: Buffer.alloc(17) }],
  ['the rest of what is no offer', { rest: 'photos' }],
];

describe('an offer', () => {
  it('that its sender did not say himself, or that is for another, ends the link and is not shown', async () => {
    const [anna] = await alone();
    const [mallory, ben] = [await newIdentity(), await newIdentity()];
    const receipt = { offerId: newOfferId(), id: offerWith({}).draft, bytes: 1, at: 1 };
    const forged: readonly DirectMessage[] = [
      signedOffer(offerWith({ to: anna.peerId }), ben),
      signedOffer(offerWith({ to: ben.peerId }), mallory),
      { type: 'send-offer', payload: Buffer.alloc(200) },
      signedReceipt({ ...receipt, sender: ben.peerId }, mallory),
      signedReceipt({ ...receipt, sender: anna.peerId }, ben),
      {
        ...signedReceipt({ ...receipt, sender: anna.peerId }, mallory),
        type: 'send-offer',
      } as never,
    ];
    for (const message of forged) {
      const hand = await linked(anna, mallory);
      say(hand, message);
      await hand.closed;
    }
    const honest = await linked(anna, ben);
    await afterwards(anna, honest, ben);
    expect(names(anna)).toEqual(['the last one']);
  });

  it('that says what no offer can ends the link and is not shown', async () => {
    const [anna] = await alone();
    for (const [what, fields] of CROOKED) {
      // Each time another: whose links end again and again is kept waiting.
      const mallory = await newIdentity();
      const hand = await linked(anna, mallory);
      say(hand, crookedOffer(fields, mallory));
      await Promise.race([hand.closed, late(what)]);
    }
    expect(anna.offers()).toEqual([]);
    expect(anna.heard.of('actor-restarted')).toEqual([]);
  });

  it('of nothing, or of all there can be, is shown as it is and taken by no setting', async () => {
    const [anna] = await alone({ inbox: { accept: 'all' } });
    const mallory = await newIdentity();
    const hand = await linked(anna, mallory);
    const most = { bytes: Number.MAX_SAFE_INTEGER, files: 1_000_000 };
    say(hand, signedOffer(offerWith({ name: 'all there is', ...most }), mallory));
    const offer = await anna.heard.until('offer-received');
    expect(offer).toMatchObject({ ...most, isTaken: false });
    say(hand, signedOffer(offerWith({ name: 'nothing', bytes: 0, files: 0 }), mallory));
    await anna.heard.until('offer-received', { where: ({ name }) => name === 'nothing' });
  });

  it('whose name escapes is not shown, not even to one who takes all, and nothing is written', async () => {
    const [anna, network] = await alone({ inbox: { accept: 'all' } });
    const mallory = await newIdentity();
    const own = [anna.home.data, anna.home.downloads];
    const outside = rememberOutside(network.folder, own, []);
    const hand = await linked(anna, mallory);
    const fitting = ESCAPES.filter((name) => Buffer.byteLength(name) <= 255);
    for (const name of fitting) say(hand, signedOffer(offerWith({ name }), mallory));
    say(hand, signedOffer(offerWith({ name: '.hidden' }), mallory));
    await anna.heard.until('offer-received', { where: ({ name }) => name === '.hidden' });
    expect(names(anna)).toEqual(['.hidden']);
    expect(readdirSync(anna.home.downloads)).toEqual([]);
    expect(outside.differences()).toEqual([]);
  });

  it('whose name would steer a terminal is shown as text, on its line', async () => {
    const network = await createNetwork(0);
    const home = network.home('victim');
    const settings = await network.settings(home);
    const config = join(home.data, '..', 'peer.json');
    writeFileSync(config, JSON.stringify(settings));
    const terminal = startProgram(['start', '--config', config]);
    const mallory = await newIdentity();
    const port = Number(settings.port);
    const hand = await vi.waitFor(() => introduce(port, 'link', mallory), {
      timeout: PATIENCE_MS,
      interval: 50,
    });
    const name = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp.exe\u2028\r\naccept 1\u007f';
    say(hand, signedOffer(offerWith({ name }), mallory, '\u001b[31mroot\u202e'));
    const shown = (times: number) =>
      until(() =>
        expect(terminal.lines.filter((line) => line.includes(SHOWN))).toHaveLength(times),
      );
    await shown(1);
    terminal.send('offers');
    await shown(2);
    terminal.send('accept 1');
    await until(() => expect(terminal.stderr() + terminal.lines.join('\n')).toContain('the name'));
    const [sentence] = terminal.lines.filter((line) => line.includes(SHOWN));
    expect(sentence).toContain(`${SHOWN}\\u{1b}]0;owned\\u{7}\\u{9b}31m\\u{202e}gnp.exe`);
    expect(terminal.lines.join('') + terminal.stderr().replaceAll('\n', '')).not.toMatch(CONTROLS);
    expect(readdirSync(home.downloads)).not.toContain('.p2p-partial');
  });
});

/** How the name begins, where a table cuts it off too. */
const SHOWN = '\\u{1b}[2J';

/** All that moves a cursor, hides, or turns the reading around. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}]/u;

describe('more offers than anybody reads', () => {
  it('of one: fifty wait, the others are answered full or not at all, and memory stays as it was', async () => {
    const network = await createNetwork(0);
    const victim = await startPeerProgram(network, network.home('victim'));
    const { ports, peerId } = await victim.heard.until('ready');
    const pid = victim.child.pid ?? 0;
    const [mallory, ben] = [await newIdentity(), await newIdentity()];
    const hand = await introduce(ports.mesh, 'link', mallory);
    const longest = 'x'.repeat(255);
    const { residentBytes } = resourcesOf(pid);
    const offers = Array.from({ length: DISTINCT }, () =>
      signedOffer(offerWith({ name: longest, to: peerId }), mallory),
    );
    for (let count = 0; count < FLOOD; count += 1) {
      say(hand, offers[count % DISTINCT] as DirectMessage);
      if (count % 500 === 0) await hand.drained();
    }
    const honest = await introduce(ports.mesh, 'link', ben);
    say(honest, signedOffer(offerWith({ name: 'honest' }), ben));
    await victim.heard.until('offer-received', {
      withinMs: PATIENCE_MS,
      where: ({ name }) => name === 'honest',
    });
    await until(() => expect(answers(hand)).toContain('full'));
    const shown = victim.heard.of('offer-received').filter(({ from }) => from === mallory.peerId);
    expect(shown).toHaveLength(MOST_OF_ONE);
    const grownBytes = resourcesOf(pid).residentBytes - residentBytes;
    console.info(`${FLOOD} offers of one: ${(grownBytes / MiB).toFixed(0)} MiB more`);
    expect(grownBytes).toBeLessThan(MEMORY_TOLERANCE_BYTES);
  });

  it('of many: five hundred wait, and one whom the user trusts is heard all the same', async () => {
    const [anna, network] = await alone();
    const trusted = await network.start(network.home('trusted'));
    await anna.heard.until('peer-up', { where: ({ peerId }) => peerId === trusted.peerId });
    await anna.trust(trusted.peerId);
    for (let count = 0; anna.offers().length < MOST_OPEN; count += 1) {
      if (count > (2 * MOST_OPEN) / MOST_OF_ONE) throw new Error('too few are taken');
      const mallory = await newIdentity();
      const hand = await linked(anna, mallory);
      for (let at = 0; at < OF_ONE; at += 1) say(hand, signedOffer(offerWith({}), mallory));
      await until(() => expect(answers(hand)).toContain('full'));
      hand.end();
    }
    expect(anna.offers()).toHaveLength(MOST_OPEN);
    const stranger = await newIdentity();
    const late = await linked(anna, stranger);
    say(late, signedOffer(offerWith({}), stranger));
    await until(() => expect(answers(late)).toEqual(['full']));
    const path = join(network.folder, 'from a friend.txt');
    writeFileSync(path, 'hello');
    await trusted.send(path, { to: anna.name });
    await anna.heard.until('offer-received', { where: ({ from }) => from === trusted.peerId });
  });
});
