/**
 * What a send rests on here: a file or folder that is listed, offered by its draft, hashed meanwhile, and served to those
 * who may have it as long as what lies there is what was hashed.
 */
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { checkName } from '#src/domain/name.js';
import type { OfferId } from '#src/domain/send-offer.js';
import type { Known } from '#src/io/index-job.js';
import type * as Hasher from '#workers/hasher.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type { HasherJobs } from './hasher-jobs.js';
import type { Home } from './home.js';
import type { Library } from './library.js';
import { unfitName } from './share-news.js';
import { fingerprintsOf, ownPlace } from './share-paths.js';

/** What is small is hashed by then, and offered as what it is: a draft is for what takes longer. */
const MOMENT_MS = 100;

export type SendSourceParts = {
  readonly home: Home;
  readonly library: Library;
  readonly hasherJobs: HasherJobs;
  /** To the transfer server. */
  readonly serve: (order: TransferServer.In) => void;
};

/** What lies at a path, and for whom. */
export type Sent = {
  readonly offerId: OfferId;
  readonly path: string;
  /** Patterns of what is left out of it. */
  readonly exclude?: readonly string[];
  readonly name: string;
  /** A peer's id; empty where it is for all. */
  readonly to: string;
};

export type Listed = Omit<Extract<Hasher.Out, { type: 'drafted' }>, 'type' | 'job'>;

export type Content = Pick<
  Extract<Hasher.Out, { type: 'indexed' }>,
  'id' | 'bytes' | 'chunks' | 'files' | 'failed' | 'failedCount'
>;

/** Something that was sent before, and may be something else by now. */
export type Again = {
  /** What it was when it was hashed last: what looks the same is not read again. */
  readonly id: ContentId | undefined;
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
   * @throws P2pError `not-found`, `unreadable`, `too-large`
   */
  async begin(sent: Sent, again?: Again): Promise<Begun> {
    let content: Promise<Content> | undefined;
    const listed = await new Promise<Listed>((resolve, reject) => {
      content = this.#hash(sent, again, resolve);
      content.catch(reject);
    });
    if (content === undefined) throw new P2pError('closed', 'the peer was closed');
    const soon = await Promise.race([content, moment()]);
    return { listed, content, soon: soon?.failedCount === 0 ? soon : undefined };
  }

  /** Its content is known: whom it is for may fetch it by that; what is for all is listed, too. */
  hold(
    { offerId, path, exclude, name, to }: Sent,
    { id, bytes, chunks }: Pick<Content, 'id' | 'bytes' | 'chunks'>,
  ): void {
    const { library, home } = this.#parts;
    const content = { id, name, bytes, chunks };
    const audience = to === '' ? { isOffered: true } : { isOffered: false, only: [to as PeerId] };
    const fingerprints = fingerprintsOf(home, path, exclude);
    const source = { kind: 'share', path, fingerprints } as const;
    library.put(keyOf(offerId), { ...content, ...audience, source });
  }

  letGo({ offerId, draft }: { readonly offerId: string; readonly draft: ContentId }): void {
    this.#parts.library.remove(keyOf(offerId));
    this.#parts.serve({ type: 'withdraw', id: draft });
  }

  async #hash(
    sent: Sent,
    again: Again | undefined,
    onListed: (listed: Listed) => void,
  ): Promise<Content> {
    const { path, exclude = [] } = sent;
    const fingerprints = fingerprintsOf(this.#parts.home, path, exclude);
    let draft: ContentId | undefined;
    return this.#parts.hasherJobs.index(path, fingerprints, await this.#before(sent, again?.id), {
      rules: { exclude },
      drafting: {
        offer: sent.offerId,
        fingerprints: draftLooks(fingerprints, sent.offerId),
        promised: {
          failed: again?.failed ?? [],
          isKnown: again?.id !== undefined,
          mustHold: again?.mustHold ?? false,
        },
        hear: (said) => {
          if (said.type === 'drafted') {
            draft = said.draft;
            this.#serveDraft(sent, said.draft, draftLooks(fingerprints, sent.offerId));
            onListed(said);
          } else if (draft !== undefined) {
            this.#parts.serve({ ...said, type: 'chunks-hashed', id: draft });
          }
        },
      },
    });
  }

  /** What was hashed of it for this send, or else for a share: with patterns that is most of it. */
  async #before({ path, exclude }: Sent, known: ContentId | undefined): Promise<Known | undefined> {
    const { home } = this.#parts;
    if (known !== undefined) {
      return { id: known, fingerprints: fingerprintsOf(home, path, exclude) };
    }
    const shared = await home.database.get('hashed', path);
    return shared && { id: shared.id, fingerprints: fingerprintsOf(home, path) };
  }

  #serveDraft({ path, to }: Sent, id: ContentId, fingerprints: string): void {
    const only = to === '' ? {} : { only: [to as PeerId] };
    const source = { kind: 'share', path, fingerprints } as const;
    this.#parts.serve({ type: 'serve-draft', id, source, ...only });
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
