/**
 * What this peer shares of its own: watches the paths the user named, has the hasher index what changed, and
 * puts what is indexed into the library. The rules are in `domain/shares.ts`; here they meet disk and hasher.
 */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Subscription } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { checkName } from '#src/domain/name.js';
import { printable } from '#src/domain/printable.js';
import {
  createShares,
  hashingCount,
  type Shared,
  type SharesEffect,
  sharedNow,
} from '#src/domain/share-table.js';
import { type SharesEvent, stepShares } from '#src/domain/shares.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type WatchItem, watchShare } from '#src/io/share-watch.js';
import { listFolder } from '#src/io/tree-walk.js';
import type * as Hasher from '#workers/hasher.js';
import type { Crew } from './crew.js';
import type { PeerEvent, Share } from './events.js';
import type { Home } from './home.js';
import type { Library } from './library.js';
import {
  databaseError,
  notWatchedNotice,
  skippedNotice,
  troubleText,
  unreadableNotice,
} from './share-news.js';
import { fingerprintsOf, located } from './share-paths.js';

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
  readonly #watches = new Map<string, Subscription>();
  readonly #waiting = new Map<string, Waiting[]>();
  #isClosed = false;

  constructor(home: Home, crew: Crew, library: Library, tell: (event: PeerEvent) => void) {
    this.#home = home;
    this.#crew = crew;
    this.#library = library;
    this.#tell = tell;
  }

  /** Shares what the settings name: a folder's children each, a file as itself. */
  begin(): void {
    for (const given of this.#home.settings.share) {
      const { path, isFolder } = located(given);
      if (isFolder) this.#watchFolder(path);
      else this.#watchOne(path, 'file');
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
      const { path, isFolder } = located(given);
      const verdict = checkName(basename(path), 'posix');
      if (verdict.kind !== 'ok') {
        throw new P2pError(
          'bad-name',
          `${printable(path)} cannot be shared: its name ${verdict.why}`,
        );
      }
      const waiting = this.#waiting.get(path) ?? [];
      this.#waiting.set(path, [...waiting, { resolve, reject }]);
      this.#watchOne(path, isFolder ? 'directory' : 'file');
    });
  }

  /** @param name a share's name, or the unambiguous beginning of its id. */
  unshare(name: string): Share {
    const { all } = this;
    const byName = all.filter((share) => share.name === name);
    const found =
      byName.length > 0 ? byName : all.filter(({ id }) => name.length >= 4 && id.startsWith(name));
    const [share] = found;
    if (share === undefined) {
      throw new P2pError(
        'not-found',
        `nothing is shared as ${printable(name)}: \`list\` shows what is`,
      );
    }
    if (found.length > 1) {
      throw new P2pError('ambiguous', `${name} means ${found.length} shares: give more of the id`);
    }
    this.#step({ type: 'unshare', name: share.name });
    this.#unwatch(share.path);
    return asShare(share);
  }

  hear(said: Hasher.Out): void {
    switch (said.type) {
      case 'indexed':
      case 'job-failed':
        return this.#step(said);
      case 'progress':
        return this.#tellProgress(said);
      case 'verified':
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
    for (const watch of this.#watches.values()) watch.unsubscribe();
    this.#watches.clear();
    for (const waiting of this.#waiting.values()) {
      for (const { reject } of waiting) reject(closed());
    }
    this.#waiting.clear();
  }

  #watchFolder(folder: string): void {
    this.#watch(folder, 'directory', (item) => {
      const listed = this.#list(folder);
      if (item.kind !== 'changed') return;
      const names = item.names.length > 0 ? item.names : listed;
      for (const name of names) this.#step({ type: 'changed', path: join(folder, name) });
    });
    this.#list(folder);
  }

  #watchOne(path: string, kind: 'file' | 'directory'): void {
    this.#watch(path, kind, (item) => {
      if (item.kind === 'changed') this.#step({ type: 'changed', path });
    });
    this.#step({ type: 'share', name: basename(path), path });
  }

  #watch(path: string, kind: 'file' | 'directory', hear: (item: WatchItem) => void): void {
    if (this.#watches.has(path)) return;
    const watch = watchShare(path, kind).subscribe((item) => {
      if (item.kind === 'fallback') {
        this.#tell(notWatchedNotice(path, item.why));
      }
      hear(item);
    });
    this.#watches.set(path, watch);
  }

  #unwatch(path: string): void {
    this.#watches.get(path)?.unsubscribe();
    this.#watches.delete(path);
  }

  /** @returns the names that stand in the folder now; none where it is gone. */
  #list(folder: string): readonly string[] {
    try {
      const { names, skipped } = listFolder(folder);
      const children = names.map((name) => ({ name, path: join(folder, name) }));
      this.#step({ type: 'folder-listed', folder, children, skipped });
      return names;
    } catch (error) {
      this.#tell(unreadableNotice(folder, error));
      this.#step({ type: 'folder-listed', folder, children: [], skipped: [] });
      return [];
    }
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
    this.#crew.send('hasher', { type: 'index', job, path, fingerprints, ...known });
  }

  #hold(share: Shared): void {
    const { name, path, id, bytes, chunks } = share;
    this.#library.put(keyOf(path), {
      id,
      name,
      bytes,
      chunks,
      isOffered: true,
      source: { kind: 'share', path, fingerprints: fingerprintsOf(this.#home, path) },
    });
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
    return this.#settle(path, ({ reject }) => reject(new P2pError(error.code as never, message)));
  }
}

function closed(): P2pError {
  return new P2pError('closed', 'the peer was closed');
}

function goneMeanwhile(path: string): P2pError {
  return new P2pError(
    'not-found',
    `${printable(path)} was taken off the shares before it was hashed`,
  );
}

function keyOf(path: string): string {
  return `share:${path}`;
}

function asShare({ name, id, bytes, chunks }: Shared): Share {
  return { name, id, bytes, chunks };
}
