/** What a send rests on here: a file or folder that is hashed, and served to those who may have it as long as that holds. */
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { checkName } from '#src/domain/name.js';
import type { SendRecord } from '#src/io/database-rows.js';
import type { PeerEvent } from './events.js';
import type { HasherJobs } from './hasher-jobs.js';
import type { Home } from './home.js';
import type { Library } from './library.js';
import { skippedNotice, unfitName } from './share-news.js';
import { fingerprintsOf, ownPlace } from './share-paths.js';

const OFFER_ID_BYTES = 16;

export type SendSourceParts = {
  readonly home: Home;
  readonly library: Library;
  readonly hasherJobs: HasherJobs;
  readonly tell: (event: PeerEvent) => void;
};

export class SendSource {
  readonly #parts: SendSourceParts;

  constructor(parts: SendSourceParts) {
    this.#parts = parts;
  }

  /** Hashes it. @param to everybody where it is undefined. @throws P2pError `not-found`, `unreadable`, `bad-name`, `too-large` */
  async prepare(given: string, to: PeerId | undefined): Promise<SendRecord> {
    const { path } = ownPlace(given);
    const name = basename(path);
    const verdict = checkName(name, 'posix');
    if (verdict.kind !== 'ok') throw unfitName(path, verdict.why);
    const shared = await this.#parts.home.database.get('hashed', path);
    const indexed = await this.#index(path, shared?.id);
    if (indexed.skippedCount > 0) {
      this.#parts.tell(skippedNotice({ ...indexed, type: 'skipped', path }));
    }
    const { id, kind, bytes, chunks, files } = indexed;
    const offerId = randomBytes(OFFER_ID_BYTES).toString('hex');
    const content = { path, name, kind, id, bytes, chunks, files };
    const about = { offerId, to: to ?? '', at: Date.now() };
    return { ...about, ...content, isOpen: true, recipients: [] };
  }

  /** @returns whether what lies there is still what was hashed; what looks the same is not read again. */
  async isSame({ path, id }: SendRecord): Promise<boolean> {
    const found = await this.#index(path, id).catch(() => undefined);
    return found?.id === id;
  }

  /** Whom it is for may fetch it; what is for all is listed, too. */
  hold({ offerId, path, name, id, bytes, chunks, to }: SendRecord): void {
    const { library, home } = this.#parts;
    const content = { id, name, bytes, chunks };
    const audience = to === '' ? { isOffered: true } : { isOffered: false, only: [to as PeerId] };
    const source = { kind: 'share', path, fingerprints: fingerprintsOf(home, path) } as const;
    library.put(keyOf(offerId), { ...content, ...audience, source });
  }

  letGo({ offerId }: SendRecord): void {
    this.#parts.library.remove(keyOf(offerId));
  }

  #index(path: string, known: ContentId | undefined) {
    const { home, hasherJobs } = this.#parts;
    const fingerprints = fingerprintsOf(home, path);
    return hasherJobs.index(path, fingerprints, known && { id: known, fingerprints });
  }
}

function keyOf(offerId: string): string {
  return `send:${offerId}`;
}
