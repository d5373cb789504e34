/**
 * What a send rests on here: a file or folder that is listed, offered by its draft, hashed meanwhile, and served to those
 * who may have it as long as what lies there is what was hashed.
 */
import { setTimeout } from 'node:timers/promises';
import type { Manifest } from '#src/domain/content/manifest.js';
import { type Place, placeOf } from '#src/domain/content/place.js';
import { ownCode, P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Priority } from '#src/domain/send/transfer.js';
import type { Promised } from '#src/io/content/failed-files.js';
import type { Known } from '#src/io/content/index-job.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { Home } from '#src/peer/home.js';
import type { HasherJobs } from '#src/peer/shares/hasher-jobs.js';
import type { Library } from '#src/peer/shares/library.js';
import { fingerprintsOf, sentFingerprints } from '#src/peer/shares/share-paths.js';
import type * as Hasher from '#workers/hasher.js';
import type * as TransferServer from '#workers/transfer-server.js';
import { requireFiles } from './emptied.js';
import { type NamedPlace, sentPlace } from './sent-places.js';

/** What is small is hashed by then, and offered as what it is: a draft is for what takes longer. */
const MOMENT_MS = 100;

export type SendSourceParts = {
  readonly home: Home;
  readonly library: Library;
  readonly hasherJobs: HasherJobs;
  /** To the transfer server. */
  readonly serve: (order: TransferServer.In) => void;
};

/** What is sent, and for whom. */
export type Sent = Place & {
  readonly offerId: OfferId;
  /** Patterns of what is left out of it. */
  readonly exclude?: readonly string[];
  /** The earlier offer of which it is what did not come, and the paths of that: nothing else is sent. */
  readonly rest?: string;
  readonly only?: readonly string[];
  readonly priority?: Priority;
  readonly name: string;
  /** A peer's id; empty where it is for all. */
  readonly to: string;
  /** What that one calls himself, where that is known. */
  readonly toName?: string;
};

export type Listed = Omit<Extract<Hasher.Out, { type: 'drafted' }>, 'type' | 'job' | 'manifest'>;

export type Content = Pick<
  Extract<Hasher.Out, { type: 'indexed' }>,
  'id' | 'bytes' | 'chunks' | 'files' | 'failed' | 'failedCount'
>;

/** Something that was sent before, and may be something else by now. */
export type Again = {
  /** What it was when it was hashed last: what looks the same is not read again. */
  readonly id: ContentId | undefined;
  /** By which it was offered. */
  readonly draft: ContentId;
  /** As said of `Promised`. */
  readonly failed: readonly string[];
  readonly mustHold: boolean;
};

/** Something on its way to be hashed. */
export type Begun = {
  readonly listed: Listed;
  /** Its content, where that is known a moment after it was listed, and no file of it failed. */
  readonly soon: Content | undefined;
  readonly content: Promise<Content>;
};

type Hashing = {
  readonly sent: Sent;
  readonly again: Again | undefined;
  readonly signal: AbortSignal | undefined;
};

export class SendSource {
  readonly #parts: SendSourceParts;
  /** Those that are served. */
  readonly #drafts = new Set<ContentId>();

  constructor(parts: SendSourceParts) {
    this.#parts = parts;
  }

  /** @throws P2pError as `sentPlace` says */
  locate(given: string | readonly string[]): NamedPlace {
    return sentPlace(given);
  }

  /**
   * Lists it and begins to hash it; whom it is for may fetch what is hashed as soon as that is.
   * @param signal it is not wanted after all. @throws P2pError `not-found`, `unreadable`, `too-large`, `usage` where nothing is left of it
   */
  async begin(sent: Sent, again?: Again, signal?: AbortSignal): Promise<Begun> {
    const begun = this.#begin(sent, again, signal);
    if (again !== undefined) return begun;
    const first = await begun.catch((error: unknown) => {
      throw unsent(sent, error);
    });
    this.#requireFiles(sent, first.listed);
    return first;
  }

  async #begin(sent: Sent, again?: Again, signal?: AbortSignal): Promise<Begun> {
    let content: Promise<Content> | undefined;
    const listed = await new Promise<Listed>((resolve, reject) => {
      content = this.#hash({ sent, again, signal }, resolve);
      content.catch(reject);
    });
    if (content === undefined) throw new P2pError('closed', 'the peer was closed');
    const soon = await Promise.race([content, moment()]);
    return { listed, content, soon: soon?.failedCount === 0 ? soon : undefined };
  }

  /** Its content is known: whom it is for may fetch it by that; what is for all is listed, too. */
  hold(sent: Sent, { id, bytes, chunks }: Pick<Content, 'id' | 'bytes' | 'chunks'>): void {
    const { library, home } = this.#parts;
    const { offerId, name, to } = sent;
    const content = { id, name, bytes, chunks };
    const audience = to === '' ? { isOffered: true } : { isOffered: false, only: [to as PeerId] };
    const source = sourceOf(sent, sentFingerprints(home, sent));
    library.put(keyOf(offerId), { ...content, ...audience, source });
  }

  /** Nobody gets any of it; what is being hashed goes on. */
  holdBack({ offerId, draft }: Pick<SendRecord, 'offerId' | 'draft'>): void {
    this.#parts.library.remove(keyOf(offerId));
    this.#parts.serve({ type: 'hold-back', id: draft, isHeldBack: true });
  }

  /** What is hashed by now may be had again. */
  giveAgain(sent: Sent, { draft, id, bytes, chunks }: SendRecord): void {
    this.#parts.serve({ type: 'hold-back', id: draft, isHeldBack: false });
    if (id !== '') this.hold(sent, { id, bytes, chunks });
  }

  letGo({ offerId, draft }: { readonly offerId: string; readonly draft: ContentId }): void {
    this.#parts.library.remove(keyOf(offerId));
    this.#parts.serve({ type: 'withdraw', id: draft });
    this.#drafts.delete(draft);
  }

  #requireFiles(sent: Sent, listed: Listed): void {
    try {
      requireFiles(sent.name, listed);
    } catch (error) {
      this.letGo({ offerId: sent.offerId, draft: listed.draft });
      throw error;
    }
  }

  async #hash({ sent, again, signal }: Hashing, onListed: (_: Listed) => void): Promise<Content> {
    const { exclude = [], only } = sent;
    const fingerprints = sentFingerprints(this.#parts.home, sent);
    let draft: ContentId | undefined;
    return this.#parts.hasherJobs.index(
      placeOf(sent),
      fingerprints,
      await this.#before(sent, again?.id),
      {
        rules: { exclude, only },
        ...(signal && { signal }),
        drafting: {
          offer: sent.offerId,
          fingerprints: this.#draftLooks(sent),
          promised: promisedOf(sent, again),
          hear: (said) => {
            if (said.type === 'drafted') {
              draft = said.draft;
              this.#drafted(sent, said.manifest, again);
              onListed(said);
            } else if (draft !== undefined) {
              this.#parts.serve({ ...said, type: 'chunks-hashed', id: draft });
            }
          },
        },
      },
    );
  }

  /** What was hashed of it for this send, or else for a share: with patterns that is most of it. */
  async #before(sent: Sent, known: ContentId | undefined): Promise<Known | undefined> {
    const { home } = this.#parts;
    const { path, parts } = sent;
    if (known !== undefined) return { id: known, fingerprints: sentFingerprints(home, sent) };
    if (parts !== undefined) return undefined;
    const shared = await home.database.get('hashed', path);
    return shared && { id: shared.id, fingerprints: fingerprintsOf(home, path) };
  }

  /** How the files of a draft looked. */
  #draftLooks(sent: Sent): string {
    return `${sentFingerprints(this.#parts.home, sent)}.${sent.offerId}`;
  }

  /** What it was offered by lists something else where it changed since: whoever accepts that asks for that one first. */
  #drafted(sent: Sent, manifest: Manifest, again: Again | undefined): void {
    this.#serveDraft(sent, manifest.id, manifest);
    if (again !== undefined && !this.#drafts.has(again.draft)) this.#serveDraft(sent, again.draft);
  }

  #serveDraft(sent: Sent, id: ContentId, manifest?: Manifest): void {
    this.#drafts.add(id);
    const only = sent.to === '' ? {} : { only: [sent.to as PeerId] };
    const source = sourceOf(sent, this.#draftLooks(sent));
    const about = { ...only, ...(manifest && { manifest }) };
    this.#parts.serve({ type: 'serve-draft', id, source, ...about });
  }
}

/** The hasher does not say of what. */
function unsent({ path }: Sent, cause: unknown): P2pError {
  const { code, message } = toRecord(cause);
  return new P2pError(ownCode(code), `${printable(path)} cannot be sent: ${message}`, { cause });
}

/** Of the rest of something all that did not come is promised: what cannot be listed now either has failed again. */
function promisedOf({ only }: Sent, again: Again | undefined): Promised {
  const { draft, id, failed = [], mustHold = false } = again ?? {};
  const isKnown = id !== undefined;
  return only === undefined
    ? { draft, failed, isKnown, mustHold }
    : { failed: only, isKnown, mustHold };
}

function sourceOf(sent: Sent, fingerprints: string) {
  return { kind: 'share', ...placeOf(sent), fingerprints } as const;
}

async function moment(): Promise<undefined> {
  await setTimeout(MOMENT_MS, undefined, { ref: false });
}

function keyOf(offerId: string): string {
  return `send:${offerId}`;
}
