/** What the user is told of shares, in words. */

import type { SharesEffect } from '#src/domain/catalogue/share-table.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Share } from '#src/peer/rows.js';

/** Skipped entries named in one notice; how many there are in all is said too. */
const NAMED_SKIPPED = 3;

type Of<T extends SharesEffect['type']> = Extract<SharesEffect, { type: T }>;

export function troubleText({ path, error }: Of<'trouble'>): string {
  return `${printable(path)} is not shared: ${error.message}`;
}

export function skippedNotice({ path, skipped, skippedCount }: Of<'skipped'>): PeerEvent {
  const named = skipped
    .slice(0, NAMED_SKIPPED)
    .map((entry) => `${printable(entry.path)} (${entry.why})`)
    .join(', ');
  const more = skippedCount > NAMED_SKIPPED ? ` and ${skippedCount - NAMED_SKIPPED} more` : '';
  const message = `Not shared from ${printable(path)}: ${named}${more}.`;
  return { type: 'notice', code: 'skipped', message };
}

export function notWatchedNotice(path: string, why: string): PeerEvent {
  const message = `${printable(path)} is looked at once a minute instead of being watched: ${why}`;
  return { type: 'notice', code: 'not-watched', message };
}

export function unreadableNotice(folder: string, error: unknown): PeerEvent {
  const { code, message: why } = toRecord(error);
  // By its code alone: the system's sentence names the folder once more.
  const unread = code === 'ENOENT' ? 'is gone' : `cannot be read (${code})`;
  const what = error instanceof P2pError ? `is not shared: ${why}` : unread;
  const message = `${printable(folder)} ${what}. Nothing in it is shared until that changes.`;
  return { type: 'notice', code: 'unreadable', message };
}

export function databaseError(error: Error): PeerEvent {
  const message = `The database failed: ${error.message}`;
  return { type: 'error', code: 'data-failed', message };
}

/** @param path what was on its way to be shared, if anything. */
export function closed(path?: string): P2pError {
  const what = path === undefined ? '' : `${printable(path)} is not shared: `;
  return new P2pError('closed', `${what}the peer was closed`);
}

export function goneMeanwhile(path: string): P2pError {
  return new P2pError(
    'not-found',
    `${printable(path)} was taken off the shares before it was hashed`,
  );
}

export function notShared(name: string): P2pError {
  return new P2pError(
    'not-found',
    `nothing is shared as ${printable(name)}: \`list\` shows what is`,
  );
}

export function unfitName(path: string, why: string): P2pError {
  return new P2pError('bad-name', `${printable(path)} cannot be shared: its name ${why}`);
}

/** @returns what others are told of it, and nothing else. */
export function asShare({ name, id, bytes, chunks }: Share): Share {
  return { name, id, bytes, chunks };
}
