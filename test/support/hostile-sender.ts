/** A sender by hand: it is linked with a peer, offers whatever a test signs, and serves drafts as honestly as the test lets it. */
import { randomBytes } from 'node:crypto';
import { type Manifest, pagesOf } from '#src/domain/content/manifest.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { OfferId, Receipt, SendOffer } from '#src/domain/send/send-offer.js';
import { type HashesMessage, SignedRuns } from '#src/io/content/hash-runs.js';
import type { Identity } from '#src/io/disk/identity.js';
import { signOffer, signReceipt } from '#src/io/mesh/tell-signing.js';
import { announcerKey } from '#src/wire/announcement.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import { chunkBytesOf, manifestOf, type Tree } from './contents.js';
import { draftOf } from './drafts.js';
import {
  type Answer,
  chunkFrame,
  type Hand,
  type HostilePeer,
  introduce,
  startHostilePeer,
} from './hostile-peer.js';
import { selfOf } from './identities.js';
import type { TestPeer } from './network.js';

/** Chunk bytes leave in frames of at most so many. */
const FRAME_BYTES = 256 * 1024;

export const newOfferId = () => randomBytes(16).toString('hex') as OfferId;

const newContentId = () => randomBytes(32).toString('hex') as ContentId;

/** One file of ten bytes that nobody has, but for what is said. */
export function offerWith(offer: Partial<SendOffer>): SendOffer {
  const about = { name: 'report.txt', kind: 'file', bytes: 10, files: 1 } as const;
  const ids = { offerId: newOfferId(), draft: newContentId(), id: undefined, to: undefined };
  return { ...about, ...ids, ...offer };
}

export function signedOffer(offer: SendOffer, by: Identity, name = 'hostile'): DirectMessage {
  const payload = signOffer(offer, Date.now(), selfOf(by, name), by.credentials);
  return { type: 'send-offer', payload };
}

export function signedReceipt(receipt: Receipt, by: Identity): DirectMessage {
  return { type: 'send-receipt', payload: signReceipt(receipt, selfOf(by), by.credentials) };
}

export const say = (hand: Hand, message: DirectMessage) => hand.send({ type: 'direct', message });

/** What was said to this hand alone, of one type. */
export function told<T extends DirectMessage['type']>(
  hand: Hand,
  type: T,
): readonly Extract<DirectMessage, { type: T }>[] {
  return hand.heard.flatMap(({ message }) =>
    message.type === 'direct' && message.message.type === type ? [message.message as never] : [],
  );
}

/** What lies behind an offer, as its sender has it. */
export type Behind = {
  readonly tree: Tree;
  readonly manifest: Manifest;
  readonly draft: Manifest;
  readonly offer: SendOffer;
};

export function behind(tree: Tree, to: PeerId, said: Partial<SendOffer> = {}): Behind {
  const manifest = manifestOf(tree);
  const { kind, bytes } = manifest;
  const offer = offerWith({ kind, bytes, to, ...said });
  const draft = draftOf(manifest, [], offer.offerId);
  return { tree, manifest, draft, offer: { ...offer, draft: draft.id, ...said } };
}

/** What it does in place of an honest sender when it is asked for what it has of a draft, or for a chunk of it. */
export type Lies = {
  readonly have?: (say: HaveSaid) => void;
  readonly chunk?: (bytes: Uint8Array) => Uint8Array;
};

export type HaveSaid = {
  readonly hand: Hand;
  readonly request: number;
  /** One run for each chunk, as an honest sender signs them. */
  readonly runs: readonly HashesMessage[];
  readonly chunks: number;
};

/** What it was asked for, and of which content. */
type Asked = { readonly type: Answer['message']['type']; readonly id: ContentId };

export type HostileSender = {
  readonly peer: HostilePeer;
  readonly link: Hand;
  /** What it was asked over connections for transfers, in order. */
  readonly asked: readonly Asked[];
  offer(offer: SendOffer): void;
  say(message: DirectMessage): void;
  /** Gives this by its draft, and by its content id too. */
  serve(what: Behind, lies?: Lies): void;
};

/** Linked with the victim, who finds it at its ports. */
export async function startHostileSender(victim: TestPeer): Promise<HostileSender> {
  const served = new Map<ContentId, (hand: Hand, said: Answer) => void>();
  const asked: Asked[] = [];
  const peer = await startHostilePeer({
    answer(hand, said) {
      if (!('id' in said.message)) return;
      const { type, id } = said.message;
      if (type.startsWith('get-')) asked.push({ type, id });
      const serve = served.get(id);
      if (serve !== undefined) serve(hand, said);
      else if (type.startsWith('get-')) {
        hand.send({ type: 'refused', reason: 'unknown' }, said.request);
      }
    },
  });
  const link = await introduce(victim.ports.mesh, 'link', peer.identity, peer.self);
  return {
    peer,
    link,
    asked,
    offer: (offer) => say(link, signedOffer(offer, peer.identity)),
    say: (message) => say(link, message),
    serve(what, lies = {}) {
      const { draft, manifest } = what;
      const runs = runsOf(what, peer.identity);
      const { chunks } = manifest.layout;
      const tellDraft = (hand: Hand, request: number) => {
        for (const run of runs) hand.send(run, request);
        hand.send({ type: 'have', ranges: [0, chunks] }, request);
      };
      served.set(draft.id, (hand, { message, request }) => {
        if (message.type !== 'get-have') give(what, draft, lies, hand, { message, request });
        else if (lies.have === undefined) tellDraft(hand, request);
        else lies.have({ hand, request, runs, chunks });
      });
      served.set(manifest.id, (hand, { message, request }) => {
        if (message.type !== 'get-have') give(what, manifest, lies, hand, { message, request });
        else hand.send({ type: 'have', ranges: [0, chunks] }, request);
      });
    },
  };
}

function runsOf({ draft, manifest }: Behind, by: Identity): readonly HashesMessage[] {
  const signed = new SignedRuns(draft.id, announcerKey(by.credentials.keyPem));
  const { chunks } = manifest.layout;
  return Array.from({ length: chunks }, (_, first) =>
    signed.add({ first, hashes: manifest.chunkHashes.subarray(first * 32, (first + 1) * 32) }),
  ).flat();
}

function give({ tree, manifest }: Behind, listed: Manifest, lies: Lies, hand: Hand, said: Answer) {
  const { message, request } = said;
  const { root, pages } = pagesOf(listed);
  const page = message.type === 'get-page' ? pages[message.page] : undefined;
  if (message.type === 'get-root') hand.send({ type: 'root', bytes: root }, request);
  if (page !== undefined) hand.send({ type: 'page', bytes: page }, request);
  if (message.type !== 'get-chunk') return;
  const honest = chunkBytesOf(tree, manifest.entries, manifest.layout, message.index);
  const bytes = lies.chunk?.(honest) ?? honest;
  for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
    hand.raw(chunkFrame(request, bytes.subarray(at, at + FRAME_BYTES)));
  }
}
