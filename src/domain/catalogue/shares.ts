/**
 * What this peer shares: single shares, and share folders whose every file and directory is a share under its
 * own name. It decides what is hashed next, one job at a time, and what the others are told; it knows nothing
 * of files, hashes or peers.
 *
 *   waiting --> hashing --> shared --(changes)--> waiting
 *      ^           `--> failed --(changes)--> waiting
 *   clashing --(the other of that name goes)--> waiting
 */
import type { ErrorRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Row, Shared, Shares, SharesEffect, Skipped } from './share-table.js';
import { addShare, clash, removeShare, tellTrouble, withdraw } from './share-table.js';

/** A file or directory was listed and hashed. */
type Indexed = Omit<Shared, 'name' | 'path'> & {
  readonly type: 'indexed';
  readonly job: number;
  /** The first 100; `skippedCount` has them all. */
  readonly skipped: readonly Skipped[];
  readonly skippedCount: number;
};

export type JobFailed = {
  readonly type: 'job-failed';
  readonly job: number;
  readonly error: ErrorRecord;
};

export type SharesEvent =
  /** What stands in a share folder now, all of it; nothing if the folder is gone. */
  | {
      readonly type: 'folder-listed';
      readonly folder: string;
      readonly children: readonly { readonly name: string; readonly path: string }[];
      readonly skipped: readonly Skipped[];
    }
  /** Somebody wants this one file or directory shared; answered by `share-added` or `trouble`. */
  | { readonly type: 'share'; readonly name: string; readonly path: string }
  | { readonly type: 'unshare'; readonly name: string }
  /** Something at or below the share's path changed, or may have. */
  | { readonly type: 'changed'; readonly path: string }
  | Indexed
  | JobFailed
  /** The hasher crashed and is back: what it was doing is lost. */
  | { readonly type: 'hasher-lost' };

/** Takes in one event, in place. @returns what is to be done about it, in order. */
export function stepShares(shares: Shares, event: SharesEvent): readonly SharesEffect[] {
  return [...react(shares, event), ...startNext(shares)];
}

function react(shares: Shares, event: SharesEvent): readonly SharesEffect[] {
  switch (event.type) {
    case 'folder-listed':
      return listFolder(shares, event);
    case 'share':
      return shareOne(shares, event.name, event.path);
    case 'unshare':
      return unshare(shares, event.name);
    case 'changed':
      return touch(shares, event.path);
    case 'indexed':
      return finish(shares, event);
    case 'job-failed':
      return fail(shares, event.job, event.error);
    case 'hasher-lost':
      return loseHasher(shares);
    default:
      return unreachable(event);
  }
}

function listFolder(
  shares: Shares,
  event: Extract<SharesEvent, { type: 'folder-listed' }>,
): readonly SharesEffect[] {
  const effects: SharesEffect[] = [];
  const present = new Set(event.children.map(({ path }) => path));
  for (const row of shares.rows.values()) {
    if (row.folder !== event.folder || present.has(row.path)) continue;
    effects.push(...removeShare(shares, row));
  }
  for (const { name, path } of event.children) {
    if (shares.rows.has(path) || shares.hidden.has(path)) continue;
    effects.push(...addShare(shares, name, path, event.folder));
  }
  const told = JSON.stringify(event.skipped);
  const isNew = event.skipped.length > 0 && shares.toldFolders.get(event.folder) !== told;
  shares.toldFolders.set(event.folder, told);
  if (!isNew) return effects;
  const { folder, skipped } = event;
  return [...effects, { type: 'skipped', path: folder, skipped, skippedCount: skipped.length }];
}

function shareOne(shares: Shares, name: string, path: string): readonly SharesEffect[] {
  shares.hidden.delete(path);
  const row = shares.rows.get(path);
  if (row === undefined) return addShare(shares, name, path, undefined);
  if (row.phase === 'shared' && row.shared !== undefined) {
    return [{ type: 'share-added', share: row.shared }];
  }
  // Somebody waits for an answer now, even if the fault was told before.
  row.toldTrouble = '';
  return row.phase === 'clashing' ? tellTrouble(row, clash(row.name)) : touch(shares, path);
}

function unshare(shares: Shares, name: string): readonly SharesEffect[] {
  const row = shares.rows.get(shares.names.get(name) ?? '');
  if (row === undefined) return [];
  if (row.folder !== undefined) shares.hidden.add(row.path);
  return removeShare(shares, row);
}

function touch(shares: Shares, path: string): readonly SharesEffect[] {
  const row = shares.rows.get(path);
  if (row === undefined || row.phase === 'clashing') return [];
  if (row.phase === 'hashing') {
    row.isDirty = true;
    return [];
  }
  row.phase = 'waiting';
  shares.waiting.add(path);
  return [];
}

function finish(
  shares: Shares,
  event: Extract<SharesEvent, { type: 'indexed' }>,
): readonly SharesEffect[] {
  const row = endJob(shares, event.job);
  if (row === undefined) return [];
  const { id, kind, bytes, chunks, skipped, skippedCount } = event;
  const { name, path, shared: before } = row;
  const share: Shared = { name, path, id, kind, bytes, chunks };
  const effects: SharesEffect[] = [];
  if (before === undefined) effects.push({ type: 'share-added', share });
  else if (before.id !== id) effects.push({ type: 'share-changed', share, oldId: before.id });
  else effects.push({ type: 'share-unchanged', share });
  row.shared = share;
  row.phase = 'shared';
  row.toldTrouble = '';
  const told = JSON.stringify([skippedCount, skipped]);
  if (skippedCount > 0 && row.toldSkipped !== told) {
    effects.push({ type: 'skipped', path, skipped, skippedCount });
  }
  row.toldSkipped = told;
  return [...effects, ...again(shares, row)];
}

function fail(shares: Shares, job: number, error: ErrorRecord): readonly SharesEffect[] {
  const row = endJob(shares, job);
  if (row === undefined) return [];
  row.phase = 'failed';
  const effects = [...withdraw(row), ...tellTrouble(row, error)];
  return [...effects, ...again(shares, row)];
}

function loseHasher(shares: Shares): readonly SharesEffect[] {
  const { running } = shares;
  if (running === undefined) return [];
  const row = endJob(shares, running.job);
  if (row !== undefined) {
    row.phase = 'waiting';
    shares.waiting.add(row.path);
  }
  return [];
}

/** @returns the share of the running job; none if that is another job by now. */
function endJob(shares: Shares, job: number): Row | undefined {
  if (shares.running?.job !== job) return undefined;
  const row = shares.rows.get(shares.running.path);
  shares.running = undefined;
  return row;
}

function again(shares: Shares, row: Row): readonly SharesEffect[] {
  if (!row.isDirty) return [];
  row.isDirty = false;
  return touch(shares, row.path);
}

function startNext(shares: Shares): readonly SharesEffect[] {
  if (shares.running !== undefined) return [];
  const [path] = shares.waiting;
  const row = shares.rows.get(path ?? '');
  if (row === undefined) return [];
  shares.waiting.delete(row.path);
  row.phase = 'hashing';
  row.isDirty = false;
  shares.lastJob += 1;
  shares.running = { job: shares.lastJob, path: row.path };
  return [{ type: 'start-job', job: shares.lastJob, path: row.path }];
}
