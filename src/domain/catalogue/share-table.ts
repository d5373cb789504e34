/**
 * The rows of the table of shares, and how they come and go: who has which name, and who waits for one.
 * shares.ts has the events that lead to it.
 *
 * It is updated in place: copying a table of 20,000 shares for each of 60,000 events would take minutes.
 */
import type { ContentKind } from '#src/domain/content/entries.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { printable } from '#src/domain/printable.js';

/** An entry that is left out, and why; relative to the share or the share folder. */
export type Skipped = { readonly path: string; readonly why: string };

export type Shared = {
  readonly name: string;
  readonly path: string;
  readonly id: ContentId;
  readonly kind: ContentKind;
  readonly bytes: number;
  readonly chunks: number;
};

export type SharesEffect =
  | { readonly type: 'start-job'; readonly job: number; readonly path: string }
  | { readonly type: 'cancel-job'; readonly job: number }
  | { readonly type: 'share-added'; readonly share: Shared }
  | { readonly type: 'share-changed'; readonly share: Shared; readonly oldId: ContentId }
  /** Hashed again and found the same: whoever stopped serving it as stale may go on. */
  | { readonly type: 'share-unchanged'; readonly share: Shared }
  | { readonly type: 'share-removed'; readonly share: Shared }
  /** Nothing of this path is shared any more: drop what was remembered of it. */
  | { readonly type: 'forget'; readonly path: string }
  /** Told once for each fault of a path, not each time it is tried again. */
  | { readonly type: 'trouble'; readonly path: string; readonly error: ErrorRecord }
  | {
      readonly type: 'skipped';
      readonly path: string;
      readonly skipped: readonly Skipped[];
      readonly skippedCount: number;
    };

export type Row = {
  readonly name: string;
  readonly path: string;
  /** The share folder it stands in; a single share has none. */
  folder: string | undefined;
  phase: 'waiting' | 'hashing' | 'shared' | 'failed' | 'clashing';
  /** What the others know of it, also while it is hashed again. */
  shared: Shared | undefined;
  /** It changed while it was hashed: once more. */
  isDirty: boolean;
  /** The fault and the skipped entries told last. */
  toldTrouble: string;
  toldSkipped: string;
};

export type Shares = {
  /** By path, in the order they came. */
  readonly rows: Map<string, Row>;
  /** Which path has a name. */
  readonly names: Map<string, string>;
  /** Paths to be hashed, in order. */
  readonly waiting: Set<string>;
  /** Children of share folders that somebody unshared: they stay so until they are shared by hand. */
  readonly hidden: Set<string>;
  readonly toldFolders: Map<string, string>;
  running: { readonly job: number; readonly path: string } | undefined;
  lastJob: number;
};

export function createShares(): Shares {
  return {
    rows: new Map(),
    names: new Map(),
    waiting: new Set(),
    hidden: new Set(),
    toldFolders: new Map(),
    running: undefined,
    lastJob: 0,
  };
}

/** @returns how many shares are hashed or wait for it. */
export function hashingCount(shares: Shares): number {
  return shares.waiting.size + (shares.running === undefined ? 0 : 1);
}

/** @returns what the others may know, in the order it was shared. */
export function sharedNow(shares: Shares): readonly Shared[] {
  return [...shares.rows.values()].flatMap(({ shared }) => (shared === undefined ? [] : [shared]));
}

export function addShare(
  shares: Shares,
  name: string,
  path: string,
  folder: string | undefined,
): readonly SharesEffect[] {
  const isFree = !shares.names.has(name);
  const isRoom = shares.rows.size < LIMITS.catalogueRows;
  const isRefused = !isRoom || (!isFree && folder === undefined);
  const row: Row = {
    name,
    path,
    folder,
    phase: isFree ? 'waiting' : 'clashing',
    shared: undefined,
    isDirty: false,
    toldTrouble: '',
    toldSkipped: '',
  };
  // A refused single share is no share; a child of a folder waits until the name is free.
  if (isRefused) return tellTrouble(row, isFree ? tooMany() : clash(name));
  shares.rows.set(path, row);
  if (!isFree) return tellTrouble(row, clash(name));
  shares.names.set(name, path);
  shares.waiting.add(path);
  return [];
}

export function removeShare(shares: Shares, row: Row): readonly SharesEffect[] {
  const effects: SharesEffect[] = [];
  if (shares.running?.path === row.path) {
    effects.push({ type: 'cancel-job', job: shares.running.job });
    shares.running = undefined;
  }
  shares.rows.delete(row.path);
  shares.waiting.delete(row.path);
  effects.push(...withdraw(row), { type: 'forget', path: row.path });
  if (shares.names.get(row.name) === row.path) {
    shares.names.delete(row.name);
    promote(shares, row.name);
  }
  return effects;
}

/** A name is free again: the first who waited for it gets it. */
function promote(shares: Shares, name: string): void {
  for (const row of shares.rows.values()) {
    if (row.name !== name || row.phase !== 'clashing') continue;
    shares.names.set(name, row.path);
    row.phase = 'waiting';
    row.toldTrouble = '';
    shares.waiting.add(row.path);
    return;
  }
}

export function withdraw(row: Row): readonly SharesEffect[] {
  if (row.shared === undefined) return [];
  const share = row.shared;
  row.shared = undefined;
  return [{ type: 'share-removed', share }];
}

export function tellTrouble(row: Row, error: ErrorRecord): readonly SharesEffect[] {
  const told = `${error.code} ${error.message}`;
  if (row.toldTrouble === told) return [];
  row.toldTrouble = told;
  return [{ type: 'trouble', path: row.path, error }];
}

export function clash(name: string): ErrorRecord {
  const shown = printable(name);
  return toRecord(
    new P2pError('exists', `something else is shared as "${shown}"; rename one, or unshare it`),
  );
}

function tooMany(): ErrorRecord {
  const most = LIMITS.catalogueRows;
  return toRecord(
    new P2pError('limit', `More than ${most} shares; share a folder as one instead.`),
  );
}
