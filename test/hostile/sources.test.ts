/** Peers that offer what somebody wants, and are not what they seem: a downloader among hostile sources. */
import { describe, expect, it, vi } from 'vitest';
import { pagesOf } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import { KiB, LIMITS } from '#src/domain/limits.js';
import { encodeFrame, FRAME } from '#src/wire/frame.js';
import { encodeMessage, type Message } from '#src/wire/message.js';
import { chunkBytesOf, manifestOf, noise } from '#test/support/contents.js';
import { ESCAPES } from '#test/support/hostile-names.js';
import {
  type Answer,
  chunkFrame,
  type Hand,
  type HostilePeer,
  helloOf,
  introduce,
  lyingFrame,
  startHostilePeer,
} from '#test/support/hostile-peer.js';
import { newIdentity } from '#test/support/identities.js';
import { type LyingManifest, lyingManifest } from '#test/support/lying-manifest.js';
import { NUMBER_FIELDS } from '#test/support/number-fields.js';
import { rawNumber } from '#test/support/raw-cbor.js';
import { rounds } from '#test/support/rounds.js';
import { ATTACK_MS, OWN, startVictim, type Victim } from '#test/support/victim.js';

vi.setConfig({ testTimeout: ATTACK_MS });

const PATIENCE_MS = 60_000;
const STRIDE = rounds({ small: 12, full: 1 });

const NOTHING = { bytes: 0, entries: 0, chunks: 0, entryPages: [], hashPages: [] } as const;

type Answering = (hand: Hand, said: Answer) => void;

/** A content that nobody honest has; each deceit gets one of its own. */
function contentOf(seed: number) {
  const tree = { '': noise(600 * KiB, seed) };
  const manifest = manifestOf(tree);
  const chunk = (index: number) => chunkBytesOf(tree, manifest.entries, manifest.layout, index);
  return { manifest, chunk };
}

type Content = ReturnType<typeof contentOf>;

type Bait = { readonly id: ContentId; readonly bytes: number; readonly chunks: number };

/** Links to the victim and offers a content. */
async function offer(victim: Victim, peer: HostilePeer, name: string, bait: Bait): Promise<Hand> {
  const link = await introduce(victim.ports.mesh, 'link', peer.identity, peer.self);
  const changed = [{ name, ...bait, have: bait.chunks }];
  link.send({ type: 'offer', fresh: true, complete: true, changed, removed: [] });
  await victim.program.heard.until('peer-up', {
    where: ({ peerId }) => peerId === peer.identity.peerId,
    withinMs: PATIENCE_MS,
  });
  return link;
}

/** Asks for the bait. @returns how that failed. */
function bitten({ program }: Victim, name: string) {
  program.send(`download ${name} #${name}`);
  return program.heard.until('download-failed', {
    where: ({ ref }) => ref === name,
    withinMs: PATIENCE_MS,
  });
}

type Proof = { readonly root: Uint8Array; readonly pages: readonly Uint8Array[] };

/** Serves root and pages as asked. @returns whether that was it. */
function serveManifest({ root, pages }: Proof, hand: Hand, { message, request }: Answer): boolean {
  if (message.type === 'get-root') hand.send({ type: 'root', bytes: root }, request);
  else if (message.type === 'get-page') {
    hand.send({ type: 'page', bytes: pages[message.page] ?? new Uint8Array() }, request);
  } else return false;
  return true;
}

/** Honest until it is asked for a chunk. */
function poisoner(
  { manifest }: Content,
  poison: (hand: Hand, index: number, request: number) => void,
): Answering {
  return (hand, said) => {
    if (serveManifest(pagesOf(manifest), hand, said)) return;
    const { message, request } = said;
    if (message.type === 'get-have') {
      hand.send({ type: 'have', ranges: [0, manifest.layout.chunks] }, request);
    }
    if (message.type === 'get-chunk') poison(hand, message.index, request);
  };
}

function instead(...said: readonly Message[]): Answering {
  return (hand, { request }) => {
    for (const message of said) hand.send(message, request);
  };
}

/** Honest but for one kind of question. */
function but(content: Content, question: Message['type'], answer: Answering): Answering {
  return (hand, said) => {
    if (said.message.type === question) answer(hand, said);
    else serveManifest(pagesOf(content.manifest), hand, said);
  };
}

/** What a source does in place of what it should. */
const DECEITS: Readonly<Record<string, (content: Content) => Answering>> = {
  'the root of another content': () => instead({ type: 'root', bytes: noise(95) }),
  'a page nobody asked for': () => instead({ type: 'page', bytes: noise(95) }),
  'two roots': (content) =>
    but(content, 'get-root', (hand, said) => {
      serveManifest(pagesOf(content.manifest), hand, said);
      serveManifest(pagesOf(content.manifest), hand, said);
    }),
  'pages that its root does not prove': (content) =>
    but(content, 'get-page', instead({ type: 'page', bytes: noise(999) })),
  'chunks that there are not': (content) =>
    but(content, 'get-have', instead({ type: 'have', ranges: [0, LIMITS.chunks] })),
  'more bytes than the chunk has': (content) =>
    poisoner(content, (hand, _index, request) => {
      const half = noise(content.manifest.layout.chunkBytes);
      hand.raw(Buffer.concat([chunkFrame(request, half), chunkFrame(request, half)]));
    }),
  'a frame of a chunk that is too long': (content) =>
    poisoner(content, (hand, _index, request) =>
      hand.raw(lyingFrame(FRAME.chunkBytes, request, 2 ** 31, noise(100))),
    ),
  'nothing but refusals': (content) =>
    poisoner(content, (hand, _index, request) =>
      hand.send({ type: 'refused', reason: 'absent' }, request),
    ),
  'half a chunk, then the end': (content) =>
    poisoner(content, (hand, index, request) => {
      const half = content.chunk(index).subarray(0, 1000);
      hand.raw(lyingFrame(FRAME.chunkBytes, request, content.manifest.layout.chunkBytes, half));
      hand.end();
    }),
  'bytes under an id that nobody used': (content) =>
    poisoner(content, (hand, index) => hand.raw(chunkFrame(4_000_000_000, content.chunk(index)))),
  'questions in place of answers': ({ manifest: { id } }) =>
    instead({ type: 'get-root', id }, { type: 'give', id, name: 'x', ranges: [0, 1] }),
  'a body that is no CBOR':
    () =>
    (hand, { request }) =>
      hand.raw(encodeFrame(FRAME.have, request, noise(50))),
  'a second hello': () => (hand) => {
    const [hello] = hand.heard;
    if (hello !== undefined) hand.send(hello.message);
  },
  'only silence': () => () => undefined,
  'a hundred thousand words that say nothing': (content) =>
    but(content, 'get-have', (hand, { request }) => {
      const nothing = encodeFrame(FRAME.have, request, Buffer.from('a16672616e67657380', 'hex'));
      hand.raw(Buffer.concat(Array.from({ length: 100_000 }, () => nothing)));
    }),
};

/** Manifests that prove themselves and cannot be. */
const LIES: readonly LyingManifest[] = [
  lyingManifest({ ...NOTHING, bytes: 10_000_000, entries: 1, chunks: 10_000_000 }),
  lyingManifest({ ...NOTHING, claims: { entries: 2n ** 32n - 1n } }),
  lyingManifest({ ...NOTHING, claims: { bytes: 2n ** 53n } }),
  lyingManifest({ ...NOTHING, claims: { chunks: 2n ** 22n, hashPages: 512n } }),
  lyingManifest({ ...NOTHING, entries: 1, entryPages: [Buffer.from([9, 0, 1, 120])] }),
];

describe('a download from a hostile source', () => {
  it('fails alone, and nothing of it gets a name, whatever comes in place of what should (CVE-2019-6111, CVE-2024-12084)', async () => {
    const victim = await startVictim();
    await victim.outlives(async () => {
      const attacks = Object.entries(DECEITS).map(async ([deceit, answering], at) => {
        const content = contentOf(at + 2);
        const { id, bytes, layout } = content.manifest;
        const peer = await startHostilePeer({ answer: answering(content) });
        await offer(victim, peer, `bait-${at}`, { id, bytes, chunks: layout.chunks });
        const failed = await bitten(victim, `bait-${at}`);
        expect(['no-sources', 'timed-out'], deceit).toContain(failed.code);
      });
      const lies = LIES.map(async (lie, at) => {
        const answer: Answering = (hand, said) => void serveManifest(lie, hand, said);
        const peer = await startHostilePeer({ answer });
        await offer(victim, peer, `lie-${at}`, { id: lie.id, bytes: 9, chunks: 1 });
        expect((await bitten(victim, `lie-${at}`)).code).toBe('no-sources');
      });
      await Promise.all([...attacks, ...lies]);
    });
    const wrong = victim.program.heard.of('notice').filter(({ code }) => code === 'poison');
    expect(wrong.length).toBeGreaterThan(0);
  });

  it('bans at once who has a content that reaches outside of its folder (CVE-2025-27142, adc7e51a)', async () => {
    const victim = await startVictim();
    const { heard } = victim.program;
    await victim.outlives(async () => {
      const attacks = ATTACKS.map(async (path, at) => {
        const lie = lyingTree(path);
        const peer = await startHostilePeer({
          answer: (hand, said) => void serveManifest(lie, hand, said),
        });
        const link = await offer(victim, peer, `bait-${at}`, { id: lie.id, bytes: 0, chunks: 0 });
        const failed = bitten(victim, `bait-${at}`);
        const { peerId } = peer.identity;
        const down = await heard.until('peer-down', { where: (said) => said.peerId === peerId });
        expect(down.reason, path).toBe('blocked');
        await link.closed;
        expect((await failed).code).toBe('no-sources');
      });
      await Promise.all(attacks);
    });
    const bans = heard.of('notice').filter(({ message }) => message.includes('made to attack'));
    expect(bans).toHaveLength(ATTACKS.length);
  });
});

/** Refused as attacks, not as malformed before that; a few of them here, all of them in manifests.test.ts. */
const ATTACKS = ['../evil', 'a/../../evil', 'a/..', '..\\evil', 'c:evil', '.p2p-partial/x'].slice(
  0,
  rounds({ small: 3, full: 6 }),
);

function lyingTree(path: string): LyingManifest {
  const { entries } = manifestOf({ [path]: new Uint8Array() });
  return lyingManifest({
    bytes: 0,
    entries: entries.count,
    chunks: 0,
    entryPages: [entries.bytes],
    hashPages: [],
  });
}

describe('a catalogue', () => {
  it('with a name that escapes ends its link, and no such name is ever listed (CVE-2023-29380)', async () => {
    const victim = await startVictim();
    const names = ESCAPES.filter((name, at) => Buffer.byteLength(name) <= 255 && at % STRIDE === 0);
    await victim.outlives(async () => {
      for (const name of names) {
        const link = await introduce(victim.ports.mesh, 'link', await newIdentity());
        const row = { name, id: contentOf(1).manifest.id, bytes: 9, chunks: 1, have: 1 };
        link.send({ type: 'offer', fresh: true, complete: true, changed: [row], removed: [] });
        await link.closed;
      }
      victim.program.send('list #after');
      const list = await victim.program.heard.until('list', {
        where: ({ ref }) => ref === 'after',
      });
      expect(list.shares.map(({ name }) => name).toSorted()).toEqual(['honest.bin', OWN]);
    });
  });
});

/** What a receiver does in place of what it should with what it is given. */
const RECEIVERS: readonly Answering[] = [
  instead({ type: 'want', ranges: [0, LIMITS.chunks], holds: [], manifest: true }),
  instead({ type: 'want', ranges: [4_194_303, 1], holds: [0, 1], manifest: false }),
  instead({ type: 'kept', index: 0 }),
  instead({ type: 'kept', index: LIMITS.chunks }),
  instead({ type: 'refused', reason: 'full' }, { type: 'refused', reason: 'full' }),
  instead({ type: 'root', bytes: noise(95) }),
  (hand, { request }) => hand.raw(chunkFrame(request, noise(1000))),
  (hand) => hand.end(),
  // A round lasts until everybody has answered, or has not for half a minute.
  ...(rounds({ small: 0, full: 1 }) === 1 ? [() => undefined] : []),
  (hand, { request }) => {
    for (let time = 0; time < 10_000; time += 1) hand.send({ type: 'kept', index: time }, request);
  },
];

describe('a peer that gives its chunks away', () => {
  it('outlives receivers that want what there is not, keep what they were not given, or never answer (CVE-2026-70462)', async () => {
    const victim = await startVictim({
      distribution: { enabled: true, intervalMs: 100, copies: 16 },
    });
    await victim.outlives(async () => {
      const peers = await Promise.all(RECEIVERS.map((answer) => startHostilePeer({ answer })));
      for (const [at, peer] of peers.entries()) {
        await offer(victim, peer, `x${at}`, { id: contentOf(1).manifest.id, bytes: 9, chunks: 1 });
      }
      // So many rounds, each with some of them.
      for (let round = 0; round < 5; round += 1) {
        const from = victim.program.heard.all.length;
        await victim.program.heard.until('distribution-round', { from, withinMs: PATIENCE_MS });
      }
      expect(peers.some(({ guests }) => guests.length > 0)).toBe(true);
    });
  });
});

/** What a peer that is dialled says in place of its hello. */
const GREETINGS: readonly ((hand: Hand, hello: Message) => void)[] = [
  (hand) => hand.send({ type: 'bye' }),
  (hand) => hand.send({ type: 'refused', reason: 'busy' }),
  (hand) => hand.send({ type: 'kept', index: 0 }),
  (hand) => hand.raw(chunkFrame(1, noise(9))),
  (hand) => hand.raw(lyingFrame(99, 0, 0, new Uint8Array())),
  (hand) => hand.raw(lyingFrame(FRAME.hello, 0, 2 ** 31, noise(9))),
  (hand, hello) => hand.send({ ...hello, oldest: 2, newest: 65_535 } as Message),
  (hand, hello) => hand.send({ ...hello, oldest: 0, newest: 0 } as Message),
  (hand, hello) => {
    hand.raw(encodeMessage(hello).subarray(0, 40));
    hand.end();
  },
  ...NUMBER_FIELDS.filter(({ type }) => type === FRAME.hello).map(
    ({ body }) =>
      (hand: Hand) =>
        hand.raw(encodeFrame(FRAME.hello, 0, body(rawNumber('1b0020000000000000')))),
  ),
];

describe('a peer that dials', () => {
  it('believes nobody who answers with anything but a sound hello, and says so (CVE-2026-70454)', async () => {
    const victim = await startVictim();
    await victim.outlives(async () => {
      const attacks = GREETINGS.map(async (greeting, at) => {
        const peer: HostilePeer = await startHostilePeer({
          greet: (hand) => greeting(hand, helloOf('link', peer.self)),
        });
        victim.program.send(`add 127.0.0.1:${peer.base} #add-${at}`);
        await victim.program.heard.until('error', {
          where: ({ ref }) => ref === `add-${at}`,
          withinMs: PATIENCE_MS,
        });
      });
      await Promise.all(attacks);
    });
    const ups = victim.program.heard.of('peer-up').map(({ peerId }) => peerId);
    expect(ups).toEqual([victim.honest.peerId]);
  });
});
