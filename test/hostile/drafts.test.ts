/** Drafts and contents of a sender who lies: what was accepted from him arrives as it was offered, or not at all. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { KiB, MiB } from '#src/domain/limits.js';
import type { HashesMessage } from '#src/io/content/hash-runs.js';
import { SignedRuns } from '#src/io/content/hash-runs.js';
import { announcerKey } from '#src/wire/announcement.js';
import { noise, type Tree } from '#test/support/contents.js';
import { introduce } from '#test/support/hostile-peer.js';
import {
  type Behind,
  behind,
  type HaveSaid,
  type HostileSender,
  type Lies,
  offerWith,
  startHostileSender,
  told,
} from '#test/support/hostile-sender.js';
import { newIdentity } from '#test/support/identities.js';
import { createNetwork, type TestPeer } from '#test/support/network.js';
import { hashedBy, until } from '#test/support/offered.js';

vi.setConfig({ testTimeout: 120_000 });

const PATIENCE_MS = 60_000;

/** Three chunks, the last one short. */
const FILM: Tree = { '': noise(512 * KiB + 1000) };

const inbox = (peer: TestPeer) =>
  readdirSync(join(peer.home.downloads, 'inbox')).filter((name) => name !== '.p2p-partial');

async function scene(settings: SettingsInput = {}): Promise<[TestPeer, HostileSender]> {
  const { peers } = await createNetwork(1, undefined, { settings });
  const [anna] = peers;
  if (anna === undefined) throw new Error('nobody is there');
  return [anna, await startHostileSender(anna)];
}

/** Offers it, and has it accepted. */
async function accepted(anna: TestPeer, mallory: HostileSender, what: Behind, lies: Lies = {}) {
  mallory.serve(what, lies);
  mallory.offer(what.offer);
  const { offerId } = what.offer;
  const { number } = await anna.heard.until('offer-received', {
    where: (said) => said.offerId === offerId,
  });
  await anna.accept(String(number));
}

const sealedAs = ({ offer, manifest }: Behind) =>
  ({
    type: 'send-sealed',
    offerId: offer.offerId,
    id: manifest.id,
    bytes: manifest.bytes,
  }) as const;

const failed = (anna: TestPeer, where: { readonly code: string }) =>
  anna.heard.until('download-failed', {
    withinMs: PATIENCE_MS,
    where: ({ code }) => code === where.code,
  });

const convicted = (anna: TestPeer) =>
  anna.heard.until('notice', { withinMs: PATIENCE_MS, where: ({ code }) => code === 'poison' });

/** Signed by somebody else. */
async function byAnother({ draft, manifest }: Behind): Promise<readonly HashesMessage[]> {
  const { credentials } = await newIdentity();
  const runs = new SignedRuns(draft.id, announcerKey(credentials.keyPem));
  return runs.add({ first: 0, hashes: manifest.chunkHashes });
}

const ORDERS: readonly (readonly [string, (said: HaveSaid, what: Behind) => Promise<void>])[] = [
  [
    'out of order',
    async ({ hand, request, runs }) => {
      for (const run of runs.toReversed()) hand.send(run, request);
    },
  ],
  [
    'twice',
    async ({ hand, request, runs }) => {
      for (const run of [...runs, ...runs]) hand.send(run, request);
    },
  ],
  [
    'but for the first',
    async ({ hand, request, runs }) => {
      for (const run of runs.slice(1)) hand.send(run, request);
    },
  ],
  [
    'signed by another',
    async ({ hand, request }, what) => {
      for (const run of await byAnother(what)) hand.send(run, request);
    },
  ],
  [
    'after what they are of',
    async ({ hand, request, chunks, runs }) => {
      hand.send({ type: 'have', ranges: [0, chunks] }, request);
      for (const run of runs) hand.send(run, request);
    },
  ],
  [
    'of chunks that there are not',
    async ({ hand, request, chunks, runs }) => {
      hand.send({ ...(runs[0] as HashesMessage), first: chunks + 5 }, request);
    },
  ],
];

describe('what a liar sends, once it was accepted,', () => {
  it.each(ORDERS)(
    'ends the session where hashes come %s, and nothing gets a name',
    async (_, order) => {
      const [anna, mallory] = await scene();
      const what = behind(FILM, anna.peerId);
      const sessions: Promise<void>[] = [];
      await accepted(anna, mallory, what, {
        have(said) {
          sessions.push(said.hand.closed);
          void order(said, what);
        },
      });
      await until(() => expect(sessions.length).toBeGreaterThan(0));
      await sessions[0];
      expect(inbox(anna)).toEqual([]);
      expect(anna.heard.of('actor-restarted')).toEqual([]);
    },
  );

  it('convicts him where a chunk is not what he signed', async () => {
    const [anna, mallory] = await scene();
    const spoil = (bytes: Uint8Array) => Buffer.alloc(bytes.length, 'x');
    await accepted(anna, mallory, behind(FILM, anna.peerId), { chunk: spoil });
    await convicted(anna);
    expect(inbox(anna)).toEqual([]);
  });

  it('convicts him where a path in the draft escapes, and writes nothing', async () => {
    const [anna, mallory] = await scene();
    const tree: Tree = { 'a/../../x': noise(10), plain: noise(20) };
    await accepted(anna, mallory, behind(tree, anna.peerId));
    await convicted(anna);
    expect(inbox(anna)).toEqual([]);
    expect(readdirSync(anna.home.downloads)).toEqual(['inbox']);
  });

  it('is refused where the draft lists more than was offered', async () => {
    const [anna, mallory] = await scene();
    const what = behind({ '': noise(4 * MiB) }, anna.peerId, { bytes: 1000 });
    await accepted(anna, mallory, what);
    await failed(anna, { code: 'too-large' });
    expect(mallory.asked).not.toContain('get-chunk');
    expect(inbox(anna)).toEqual([]);
  });

  it('is refused where it has more files than were offered, is not asked for, and says so', async () => {
    const [anna, mallory] = await scene();
    const tree: Tree = { a: noise(10), b: noise(10), c: noise(10) };
    await accepted(anna, mallory, behind(tree, anna.peerId, { files: 2 }));
    const { message } = await failed(anna, { code: 'too-large' });
    expect(message).toContain('it has 3 files, and 2 were offered');
    expect(mallory.asked).not.toContain('get-chunk');
    expect(await anna.transfers()).toMatchObject([{ state: 'failed', why: { code: 'too-large' } }]);
    // Neither a link anew nor another word of his has it fetched again.
    const asked = mallory.asked.length;
    mallory.offer(offerWith({ to: anna.peerId, name: 'after' }));
    await anna.heard.until('offer-received', { where: ({ name }) => name === 'after' });
    expect(mallory.asked).toHaveLength(asked);
  });

  it('goes on by `resume` after it has failed, and gets its receipt', async () => {
    const [anna, mallory] = await scene({ transfer: { timeoutMs: 1000 } });
    const what = behind(FILM, anna.peerId);
    mallory.offer(what.offer);
    const { number } = await anna.heard.until('offer-received');
    await anna.accept(String(number));
    await anna.heard.until('download-failed');
    const [row] = await anna.transfers();
    expect(row).toMatchObject({ state: 'failed', peerId: mallory.peer.identity.peerId });
    mallory.serve(what);
    await anna.resume(row?.transferId ?? '');
    mallory.say(sealedAs(what));
    await anna.heard.until('offer-completed', { withinMs: PATIENCE_MS });
    await until(() => expect(told(mallory.link, 'send-receipt')).not.toHaveLength(0));
  });

  it('is given up by `cancel` after it has failed, and its sender hears so', async () => {
    const [anna, mallory] = await scene({ transfer: { timeoutMs: 1000 } });
    mallory.offer(behind(FILM, anna.peerId).offer);
    const { number, name } = await anna.heard.until('offer-received');
    await anna.accept(String(number));
    await anna.heard.until('download-failed');
    expect(await anna.cancel(name)).toMatchObject({ state: 'cancelled' });
    const answers = () => told(mallory.link, 'send-answer').map(({ answer }) => answer);
    await until(() => expect(answers()).toContain('rejected'));
  });

  it('that came to be what is here already, in secret, tells its sender no more than if it were not', async () => {
    const [anna, mallory] = await scene({ transfer: { timeoutMs: 2000 } });
    const secret = join(anna.home.data, '..', 'secret.txt');
    writeFileSync(secret, 'the answer is 42');
    const friend = await newIdentity();
    await introduce(anna.ports.mesh, 'link', friend);
    await until(() => expect(anna.peers().map(({ peerId }) => peerId)).toContain(friend.peerId));
    await anna.send(secret, { to: friend.peerId });
    const id = await hashedBy(anna);
    const asked = [];
    for (const guess of [id, offerWith({}).draft]) {
      const what = behind(FILM, anna.peerId, { name: `guess ${guess}` });
      await accepted(anna, mallory, what);
      await anna.heard.until('download-started', { where: ({ name }) => name === what.offer.name });
      mallory.say({ ...sealedAs(what), id: guess });
      await anna.heard.until('download-failed', {
        withinMs: PATIENCE_MS,
        where: ({ name }) => name === what.offer.name,
      });
      const ofGuess = mallory.asked.filter((one) => one.id === guess);
      asked.push(new Set(ofGuess.map(({ type }) => type)));
    }
    expect(asked[0]).toEqual(asked[1]);
    expect(asked[0]).toContain('get-root');
    expect(told(mallory.link, 'send-receipt')).toEqual([]);
    expect(anna.heard.of('offer-completed')).toEqual([]);
  });

  it('is refused where the content is far more than was offered', async () => {
    const [anna, mallory] = await scene();
    const what = behind(FILM, anna.peerId);
    const larger = behind({ '': noise(8 * MiB) }, anna.peerId);
    await accepted(anna, mallory, what);
    mallory.serve(larger);
    mallory.say({ ...sealedAs(larger), offerId: what.offer.offerId, bytes: what.offer.bytes });
    await failed(anna, { code: 'too-large' });
    expect(inbox(anna)).toEqual([]);
  });

  it('may become another content again and again, and arrives as the last of them', async () => {
    const [anna, mallory] = await scene();
    const what = behind(FILM, anna.peerId);
    await accepted(anna, mallory, what);
    await anna.heard.until('download-started');
    for (let times = 0; times < 100; times += 1) {
      const id = offerWith({}).draft;
      mallory.say({ ...sealedAs(what), id });
    }
    mallory.say(sealedAs(what));
    const done = await anna.heard.until('offer-completed', { withinMs: PATIENCE_MS });
    expect(done.id).toBe(what.manifest.id);
    expect(inbox(anna)).toEqual([what.offer.name]);
    await until(() => expect(told(mallory.link, 'send-receipt')).not.toHaveLength(0));
    expect(await anna.transfers()).toHaveLength(1);
    expect(existsSync(join(anna.home.downloads, 'inbox', '.p2p-partial'))).toBe(false);
  });

  it('is not ended by a word that it was noted before it is here', async () => {
    const [anna, mallory] = await scene();
    const what = behind(FILM, anna.peerId);
    await accepted(anna, mallory, what);
    const { offerId } = what.offer;
    mallory.say({ type: 'send-end', offerId, why: 'noted' });
    mallory.say(sealedAs(what));
    await anna.heard.until('offer-completed', { withinMs: PATIENCE_MS });
    await until(() => expect(told(mallory.link, 'send-receipt')).not.toHaveLength(0));
  });
});
