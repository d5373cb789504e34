/**
 * What this peer shares of its own: has the hasher index what the user named and what changes there, and puts
 * what is indexed into the library. The rules are in `domain/catalogue/shares.ts`; here they meet disk and hasher.
 */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  createShares,
  hashingCount,
  type Shared,
  type SharesEffect,
  sharedNow,
} from '#src/domain/catalogue/share-table.js';
import { type SharesEvent, stepShares } from '#src/domain/catalogue/shares.js';
import { checkName } from '#src/domain/content/name.js';
import { ownCode, P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Crew } from '#src/peer/crew.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import { shareCalled } from '#src/peer/network/naming.js';
import type { Share } from '#src/peer/rows.js';
import type * as Hasher from '#workers/hasher.js';
import type { Library } from './library.js';
import {
  asShare,
  closed,
  databaseError,
  goneMeanwhile,
  skippedNotice,
  troubleText,
  unfitName,
} from './share-news.js';
import { fingerprintsOf, located, ownPlace } from './share-paths.js';
import { ShareWatches } from './share-watches.js';

type Waiting = {
  readonly resolve: (share: Share) => void;
  readonly reject: (error: P2pError) => void;
};

export class Sharing {
  readonly #home: Home;
  readonly #crew: Crew;
  readonly #library: Library;
  readonly #tell: (event: PeerEvent) => void;
  readonly #shares = createShares();
  /** Paths whose hashing the user was told of. */
  readonly #inProgress = new Set<string>();
  readonly #watches: ShareWatches;
  readonly #waiting = new Map<string, Waiting[]>();
  #isClosed = false;

  constructor(home: Home, crew: Crew, library: Library, tell: (event: PeerEvent) => void) {
    this.#home = home;
    this.#crew = crew;
    this.#library = library;
    this.#tell = tell;
    this.#watches = new ShareWatches((event) => this.#step(event), tell);
  }

  /** Shares what the settings name: a folder's children each, a file as itself. */
  begin(): void {
    for (const given of this.#home.settings.share) {
      const { path, isFolder } = located(given);
      if (isFolder) this.#watches.watchFolder(path);
      else this.#shareOne(path, 'file');
    }
  }

  get hashing(): number {
    return hashingCount(this.#shares);
  }

  get all(): readonly Shared[] {
    return sharedNow(this.#shares);
  }

  /** Makes one file or directory one share. @throws P2pError `not-found`, `bad-name`, `exists`, `unreadable`, `closed` */
  share(given: string): Promise<Share> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw closed();
      const { path, isFolder } = ownPlace(given);
      const verdict = checkName(basename(path), 'posix');
      if (verdict.kind !== 'ok') throw unfitName(path, verdict.why);
      const waiting = this.#waiting.get(path) ?? [];
      this.#waiting.set(path, [...waiting, { resolve, reject }]);
      this.#shareOne(path, isFolder ? 'directory' : 'file');
    });
  }

  /** @param name a share's name, or the unambiguous beginning of its id. @throws P2pError `not-found`, `ambiguous`, `closed` */
  unshare(name: string): Share {
    if (this.#isClosed) throw closed();
    const share = shareCalled(name, this.all);
    this.#step({ type: 'unshare', name: share.name });
    this.#watches.unwatch(share.path);
    return asShare(share);
  }

  hear(said: Hasher.Out): void {
    if (this.#isClosed) return;
    switch (said.type) {
      case 'indexed':
      case 'job-failed':
        return this.#step(said);
      case 'progress':
        return this.#tellProgress(said);
      case 'verified':
      case 'cut-done':
      case 'drafted':
      case 'hashed':
        // Of jobs that belong to no share.
        return undefined;
      default:
        return unreachable(said);
    }
  }

  hasherRestarted(): void {
    this.#step({ type: 'hasher-lost' });
  }

  /** Somebody found that the bytes of a content are not what was hashed. */
  stale(id: ContentId): void {
    for (const share of this.all) {
      if (share.id === id) this.#step({ type: 'changed', path: share.path });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#watches.close();
    for (const path of this.#waiting.keys()) {
      this.#settle(path, ({ reject }) => reject(closed(path)));
    }
  }

  #shareOne(path: string, kind: 'file' | 'directory'): void {
    this.#watches.watchOne(path, kind);
    this.#step({ type: 'share', name: basename(path), path });
  }

  #step(event: SharesEvent): void {
    for (const effect of stepShares(this.#shares, event)) this.#perform(effect);
  }

  #perform(effect: SharesEffect): void {
    switch (effect.type) {
      case 'start-job':
        return void this.#startJob(effect.job, effect.path);
      case 'cancel-job':
        return this.#crew.send('hasher', { type: 'cancel', job: effect.job });
      case 'share-added':
        this.#hold(effect.share);
        this.#tell({ type: 'share-added', ...asShare(effect.share) });
        return this.#shared(effect.share);
      case 'share-changed': {
        const { share, oldId } = effect;
        this.#hold(share);
        this.#tell({ type: 'share-changed', ...asShare(share), oldId });
        return this.#shared(share);
      }
      case 'share-unchanged':
        this.#hold(effect.share);
        this.#tellHashed(effect.share);
        return this.#shared(effect.share);
      case 'share-removed':
        this.#library.remove(keyOf(effect.share.path));
        return this.#tell({ type: 'share-removed', ...asShare(effect.share) });
      case 'forget':
        this.#settle(effect.path, ({ reject }) => reject(goneMeanwhile(effect.path)));
        return void this.#forget(effect.path);
      case 'trouble':
        return this.#tellTrouble(effect);
      case 'skipped':
        return this.#tell(skippedNotice(effect));
      default:
        return unreachable(effect);
    }
  }

  async #startJob(job: number, path: string): Promise<void> {
    const hashed = await this.#home.database.get('hashed', path).catch((error: Error) => {
      // Read anew it is shared all the same.
      this.#tell(databaseError(error));
      return undefined;
    });
    const fingerprints = fingerprintsOf(this.#home, path);
    const known = hashed === undefined ? {} : { known: { id: hashed.id, fingerprints } };
    const about = { job, path, fingerprints, rules: this.#watches.rulesFor(path) };
    this.#crew.send('hasher', { type: 'index', ...about, ...known });
  }

  #hold(share: Shared): void {
    const { name, path, id, bytes, chunks } = share;
    const source = { kind: 'share', path, fingerprints: fingerprintsOf(this.#home, path) } as const;
    this.#library.put(keyOf(path), { id, name, bytes, chunks, isOffered: true, source });
    this.#home.database
      .put('hashed', path, { id, bytes, chunks })
      .catch((error: Error) => this.#tell(databaseError(error)));
  }

  async #forget(path: string): Promise<void> {
    try {
      await this.#home.database.remove('hashed', path);
      await rm(fingerprintsOf(this.#home, path), { force: true });
    } catch (error) {
      this.#tell(databaseError(error as Error));
    }
  }

  #shared(share: Shared): void {
    this.#settle(share.path, ({ resolve }) => resolve(asShare(share)));
  }

  #settle(path: string, answer: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(path) ?? [];
    this.#waiting.delete(path);
    if (waiting.length > 0) this.#library.tellMesh();
    for (const one of waiting) answer(one);
  }

  #tellProgress(said: Extract<Hasher.Out, { type: 'progress' }>): void {
    const running = this.#shares.running;
    const { doneBytes, bytes } = said;
    // What is hashed in a tenth of a second needs no progress, nor does what was known already.
    if (running?.job !== said.job || doneBytes === 0 || doneBytes === bytes) return;
    this.#inProgress.add(running.path);
    this.#tell({ type: 'hash-progress', name: basename(running.path), doneBytes, bytes });
  }

  /** What was hashed again and is what it was makes no other news: its progress ends here. */
  #tellHashed({ path, bytes }: Shared): void {
    if (!this.#inProgress.delete(path)) return;
    this.#tell({ type: 'hash-progress', name: basename(path), doneBytes: bytes, bytes });
  }

  #tellTrouble(effect: Extract<SharesEffect, { type: 'trouble' }>): void {
    const { path, error } = effect;
    const message = troubleText(effect);
    if (!this.#waiting.has(path)) return this.#tell({ type: 'error', code: error.code, message });
    return this.#settle(path, ({ reject }) => reject(new P2pError(ownCode(error.code), message)));
  }
}

function keyOf(path: string): string {
  return `share:${path}`;
}
