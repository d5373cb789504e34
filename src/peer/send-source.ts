/**
 * What a send rests on here: a file or folder that is listed, offered by its draft, hashed meanwhile, and served to those
 * who may have it as long as what lies there is what was hashed.
 */
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Manifest } from '#src/domain/manifest.js';
import { checkName } from '#src/domain/name.js';
import type { OfferId } from '#src/domain/send-offer.js';
import type { SendRecord } from '#src/io/database-rows.js';
import type * as Hasher from '#workers/hasher.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type { PeerEvent } from './events.js';
import type { HasherJobs } from './hasher-jobs.js';
import type { Home } from './home.js';
import type { Library } from './library.js';
import { skippedNotice, unfitName } from './share-news.js';
import { fingerprintsOf, ownPlace } from './share-paths.js';

/** What is small is hashed by then, and offered as what it is: a draft is for what takes longer. */
const MOMENT_MS = 100;

export type SendSourceParts = {
  readonly home: Home;
  readonly library: Library;
  readonly hasherJobs: HasherJobs;
  /** To the transfer server. */
  readonly serve: (order: TransferServer.In) => void;
  readonly tell: (event: PeerEvent) => void;
};

/** What lies at a path, and for whom. */
export type Sent = {
  readonly offerId: OfferId;
  readonly path: string;
  readonly name: string;
  /** A peer's id; empty where it is for all. */
  readonly to: string;
};

export type Listed = Omit<Extract<Hasher.Out, { type: 'drafted' }>, 'type' | 'job' | 'manifest'>;

export type Content = Pick<
  Extract<Hasher.Out, { type: 'indexed' }>,
  'id' | 'bytes' | 'chunks' | 'files'
>;

/** Something on its way to be hashed. */
export type Begun = {
  readonly listed: Listed;
  /** Its content, where that is known a moment after it was listed. */
  readonly soon: Content | undefined;
  readonly content: Promise<Content>;
};

export class SendSource {
  readonly #parts: SendSourceParts;

  constructor(parts: SendSourceParts) {
    this.#parts = parts;
  }

  /** @returns where it lies and what it is called. @throws P2pError `not-found`, `unreadable`, `bad-name` */
  locate(given: string): { readonly path: string; readonly name: string } {
    const { path } = ownPlace(given);
    const name = basename(path);
    const verdict = checkName(name, 'posix');
    if (verdict.kind !== 'ok') throw unfitName(path, verdict.why);
    return { path, name };
  }

  /**
   * Lists it and begins to hash it; whom it is for may fetch what is hashed as soon as that is.
   * @param known what lay there when it was hashed last: what looks the same is not read again
   * @throws P2pError `not-found`, `unreadable`, `too-large`
   */
  async begin(sent: Sent, known?: ContentId): Promise<Begun> {
    let content: Promise<Content> | undefined;
    const listed = await new Promise<Listed>((resolve, reject) => {
      content = this.#hash(sent, known, resolve);
      content.catch(reject);
    });
    if (content === undefined) throw new P2pError('closed', 'the peer was closed');
    return { listed, content, soon: await Promise.race([content, moment()]) };
  }

  /** Its content is known: whom it is for may fetch it by that; what is for all is listed, too. */
  hold({ offerId, path, name, to }: Sent, { id, bytes, chunks }: Content): void {
    const { library, home } = this.#parts;
    const content = { id, name, bytes, chunks };
    const audience = to === '' ? { isOffered: true } : { isOffered: false, only: [to as PeerId] };
    const source = { kind: 'share', path, fingerprints: fingerprintsOf(home, path) } as const;
    library.put(keyOf(offerId), { ...content, ...audience, source });
  }

  /** Nobody gets any of it; what is being hashed goes on. */
  holdBack({ offerId, draft }: Pick<SendRecord, 'offerId' | 'draft'>): void {
    this.#parts.library.remove(keyOf(offerId));
    this.#parts.serve({ type: 'hold-back', id: draft, isHeldBack: true });
  }

  /** What is hashed by now may be had again. */
  giveAgain(sent: Sent, { draft, id, bytes, chunks, files }: SendRecord): void {
    this.#parts.serve({ type: 'hold-back', id: draft, isHeldBack: false });
    if (id !== '') this.hold(sent, { id, bytes, chunks, files });
  }

  letGo({ offerId, draft }: { readonly offerId: string; readonly draft: ContentId }): void {
    this.#parts.library.remove(keyOf(offerId));
    this.#parts.serve({ type: 'withdraw', id: draft });
  }

  async #hash(
    sent: Sent,
    known: ContentId | undefined,
    onListed: (listed: Listed) => void,
  ): Promise<Content> {
    const { home, hasherJobs, tell } = this.#parts;
    const { path } = sent;
    const fingerprints = fingerprintsOf(home, path);
    const before = known ?? (await home.database.get('hashed', path))?.id;
    let draft: ContentId | undefined;
    const indexed = await hasherJobs.index(
      path,
      fingerprints,
      before && { id: before, fingerprints },
      {
        drafting: {
          offer: sent.offerId,
          fingerprints: draftLooks(fingerprints, sent.offerId),
          hear: (said) => {
            if (said.type === 'drafted') {
              draft = said.draft;
              this.#serveDraft(sent, said.manifest, draftLooks(fingerprints, sent.offerId));
              onListed(said);
            } else if (draft !== undefined) {
              this.#parts.serve({ ...said, type: 'chunks-hashed', id: draft });
            }
          },
        },
      },
    );
    if (indexed.skippedCount > 0) tell(skippedNotice({ ...indexed, type: 'skipped', path }));
    return indexed;
  }

  #serveDraft({ path, to }: Sent, manifest: Manifest, fingerprints: string): void {
    const only = to === '' ? {} : { only: [to as PeerId] };
    const source = { kind: 'share', path, fingerprints } as const;
    this.#parts.serve({ type: 'serve-draft', id: manifest.id, manifest, source, ...only });
  }
}

async function moment(): Promise<undefined> {
  await setTimeout(MOMENT_MS, undefined, { ref: false });
}

function draftLooks(fingerprints: string, offerId: OfferId): string {
  return `${fingerprints}.${offerId}`;
}

function keyOf(offerId: string): string {
  return `send:${offerId}`;
}
