/** Offers that nobody means well with, and words about offers that are none of the speaker's business. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { KiB, MiB } from '#src/domain/limits.js';
import type { OfferAnswer, SendOffer } from '#src/domain/send/send-offer.js';
import type { Identity } from '#src/io/disk/identity.js';
import { encodeCbor } from '#src/wire/cbor.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import { rawOffer } from '#src/wire/send-message.js';
import { signedBody } from '#test/support/gossip.js';
import { ESCAPES } from '#test/support/hostile-names.js';
import { chunkFrame, type Hand, introduce } from '#test/support/hostile-peer.js';
import {
  newOfferId,
  offerWith,
  say,
  signedOffer,
  signedReceipt,
  told,
} from '#test/support/hostile-sender.js';
import { newIdentity } from '#test/support/identities.js';
import { createNetwork, type Network, type TestPeer } from '#test/support/network.js';
import { resourcesOf } from '#test/support/oracle.js';
import { rememberOutside } from '#test/support/outside.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { startProgram } from '#test/support/program.js';

vi.setConfig({ testTimeout: 120_000 });

const PATIENCE_MS = 60_000;

/** Waiting for the user's word: of one sender, and of all. */
const MOST_OF_ONE = 50;
const MOST_OPEN = 500;

/** What all together may say at once, and one peer: fewer hands than this say it in one go. */
const OF_ONE = 60;

const FLOOD = 10_000;

/** Of them, as each costs a signature: more than are taken within the flood. */
const DISTINCT = 500;

const MEMORY_TOLERANCE_BYTES = 128 * MiB;

const until = (check: () => void) => vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });

async function alone(settings: SettingsInput = {}): Promise<[TestPeer, Network]> {
  const network = await createNetwork(1, undefined, { settings });
  return [network.peers[0] as TestPeer, network];
}

const linked = (victim: TestPeer, by: Identity) => introduce(victim.ports.mesh, 'link', by);

/** Says something that counts after all before it: then those were heard, too. */
async function afterwards(victim: TestPeer, hand: Hand, by: Identity): Promise<void> {
  const last = offerWith({ name: 'the last one' });
  say(hand, signedOffer(last, by));
  await victim.heard.until('offer-received', { where: ({ offerId }) => offerId === last.offerId });
}

const answers = (hand: Hand): readonly OfferAnswer[] =>
  told(hand, 'send-answer').map(({ answer }) => answer);

async function late(what: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
  throw new Error(`an offer with ${what} was taken`);
}

const names = (victim: TestPeer) => victim.offers().map(({ name }) => name);

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

describe('words about an offer', () => {
  async function offeredToBen() {
    const [anna, network] = await alone();
    const [ben, mallory] = [await newIdentity(), await newIdentity()];
    const [benHand, hand] = [await linked(anna, ben), await linked(anna, mallory)];
    await until(() => expect(anna.peers().map(({ peerId }) => peerId)).toContain(ben.peerId));
    const path = join(network.folder, 'for ben.txt');
    writeFileSync(path, 'for ben alone');
    const sent = await anna.send(path, { to: ben.peerId });
    await until(() => expect(told(benHand, 'send-offer')).toHaveLength(1));
    const { offerId, id, bytes } = sent;
    if (id === null) throw new Error('a small file is hashed at once');
    return { anna, ben, benHand, mallory, hand, offerId, id, bytes };
  }

  it('by one whom it is not for, or of an offer that there is not, change nothing', async () => {
    const { anna, mallory, hand, offerId, id, bytes } = await offeredToBen();
    const before = anna.sends();
    const receipt = { id, bytes, sender: anna.peerId, at: 1 };
    for (const about of [offerId, newOfferId()]) {
      for (const answer of ['accepted', 'rejected', 'full'] as const) {
        say(hand, { type: 'send-answer', offerId: about, answer });
      }
      for (const why of ['cancelled', 'changed', 'noted'] as const) {
        say(hand, { type: 'send-end', offerId: about, why });
      }
      say(hand, { type: 'send-sealed', offerId: about, id, bytes });
      say(hand, signedReceipt({ ...receipt, offerId: about }, mallory));
    }
    await afterwards(anna, hand, mallory);
    expect(anna.sends()).toEqual(before);
    for (const type of ['send-sealed', 'send-end', 'send-answer'] as const) {
      expect(told(hand, type)).toEqual([]);
    }
    expect(anna.heard.of('offer-answered')).toEqual([]);
    expect(anna.heard.of('send-received')).toEqual([]);
  });

  it('as receipts of other bytes or of another content count for nothing, and the right one once', async () => {
    const { anna, ben, benHand, offerId, id, bytes } = await offeredToBen();
    const receipt = { offerId, id, bytes, sender: anna.peerId, at: 1 };
    say(benHand, { type: 'send-answer', offerId, answer: 'accepted' });
    say(benHand, signedReceipt({ ...receipt, bytes: bytes + 1 }, ben));
    say(benHand, signedReceipt({ ...receipt, bytes: 0 }, ben));
    say(benHand, signedReceipt({ ...receipt, id: offerWith({}).draft }, ben));
    await afterwards(anna, benHand, ben);
    expect(anna.heard.of('send-received')).toEqual([]);
    expect(told(benHand, 'send-end')).toEqual([]);
    expect(anna.sends()).toMatchObject([{ isOpen: true, recipients: [{ state: 'accepted' }] }]);
    for (let times = 0; times < 3; times += 1) say(benHand, signedReceipt(receipt, ben));
    await until(() => expect(told(benHand, 'send-end')).toHaveLength(3));
    expect(anna.heard.of('send-received')).toHaveLength(1);
    expect(anna.sends()).toMatchObject([{ isOpen: false }]);
  });

  it('as receipts of what he never accepted count for nothing, whomever it is offered to', async () => {
    const { anna, ben, benHand, mallory, hand, offerId, id, bytes } = await offeredToBen();
    const receipt = { id, bytes, sender: anna.peerId, at: 1 };
    say(benHand, signedReceipt({ ...receipt, offerId }, ben));
    const toAll = await anna.send(join(anna.home.data, '..', '..', 'for ben.txt'), {});
    expect(toAll.id).toBe(id);
    say(hand, signedReceipt({ ...receipt, offerId: toAll.offerId }, mallory));
    await afterwards(anna, benHand, ben);
    await afterwards(anna, hand, mallory);
    expect(anna.heard.of('send-received')).toEqual([]);
    expect([...told(benHand, 'send-end'), ...told(hand, 'send-end')]).toEqual([]);
    expect(anna.sends()).toMatchObject([{ recipients: [] }, { recipients: [] }]);
  });

  it('do not give it to anybody else who asks for it by its id', async () => {
    const { anna, ben, mallory, id } = await offeredToBen();
    const asking = await introduce(anna.ports.transfer, 'transfer', mallory);
    asking.send({ type: 'get-root', id }, 1);
    asking.send({ type: 'get-have', id }, 2);
    asking.send({ type: 'get-chunk', id, index: 0 }, 3);
    asking.send({ type: 'get-page', id, page: 0 }, 4);
    const refused = () => asking.heard.filter(({ message }) => message.type === 'refused');
    await until(() => expect(refused()).toHaveLength(4));
    expect(asking.received.chunkBytes).toBe(0);
    const entitled = await introduce(anna.ports.transfer, 'transfer', ben);
    entitled.send({ type: 'get-root', id }, 1);
    await entitled.until('root');
  });
});

describe('one who takes all without asking', () => {
  it('takes no more than the settings allow, however fast it is offered', async () => {
    const [anna] = await alone({ inbox: { accept: 'all', quotaBytes: 100 } });
    const mallory = await newIdentity();
    const hand = await linked(anna, mallory);
    for (let count = 0; count < 20; count += 1) {
      say(hand, signedOffer(offerWith({ bytes: 60 }), mallory));
    }
    await until(() => expect(anna.heard.of('offer-received')).toHaveLength(20));
    const taken = anna.heard.of('offer-received').filter(({ isTaken }) => isTaken);
    expect(taken).toHaveLength(1);
    await until(() => expect(anna.heard.of('offer-accepted')).toHaveLength(1));
    expect(anna.offers()).toHaveLength(19);
  });
});

describe('before it is accepted', () => {
  it('nothing is fetched and nothing is written, whatever comes', async () => {
    const [anna] = await alone();
    const mallory = await newIdentity();
    const offer: SendOffer = offerWith({ to: anna.peerId, bytes: 100 });
    const bytes = Buffer.alloc(16 * KiB, 'x');
    const pushes: readonly ((hand: Hand) => void)[] = [
      (hand) => hand.raw(chunkFrame(1, bytes)),
      (hand) => hand.send({ type: 'put-chunk', index: 0 }, 1),
      (hand) => hand.send({ type: 'offer-file', name: offer.name, bytes: 100 }, 1),
      (hand) => hand.send({ type: 'root', bytes }, 1),
    ];
    for (const push of pushes) {
      const hand = await linked(anna, mallory);
      say(hand, signedOffer(offer, mallory));
      // The same once more does not begin anything either.
      say(hand, signedOffer(offer, mallory));
      await anna.heard.until('offer-received');
      const { offerId } = offer;
      say(hand, { type: 'send-sealed', offerId, id: offerWith({}).draft, bytes: 100 });
      push(hand);
      await hand.closed;
    }
    expect(anna.heard.of('offer-received')).toHaveLength(1);
    expect(anna.offers()).toHaveLength(1);
    expect(await anna.transfers()).toEqual([]);
    expect(readdirSync(anna.home.downloads)).toEqual([]);
    expect(existsSync(join(anna.home.downloads, 'inbox'))).toBe(false);
  });

  it('one that somebody else has copied keeps nobody from the real one, and is never mixed with it', async () => {
    const [anna] = await alone();
    const [mallory, ben] = [await newIdentity(), await newIdentity()];
    const [hand, benHand] = [await linked(anna, mallory), await linked(anna, ben)];
    const real = offerWith({ name: 'of ben' });
    say(hand, signedOffer({ ...real, name: 'of mallory' }, mallory));
    await anna.heard.until('offer-received');
    say(benHand, signedOffer(real, ben));
    await anna.heard.until('offer-received', { where: ({ from }) => from === ben.peerId });
    const copied = anna.offers().find(({ from }) => from === mallory.peerId);
    await anna.reject(String(copied?.number));
    expect(names(anna)).toEqual(['of ben']);
    expect(answers(benHand)).toEqual([]);
    const again = offerWith({ draft: real.draft, name: 'the same listing' });
    say(hand, signedOffer(again, mallory));
    await anna.heard.until('offer-received', { where: ({ name }) => name === again.name });
    const [first, second] = anna.offers();
    await anna.accept(String(first?.number));
    await expect(anna.accept(String(second?.number))).rejects.toMatchObject({ code: 'exists' });
    expect(names(anna)).toEqual([again.name]);
  });
});
