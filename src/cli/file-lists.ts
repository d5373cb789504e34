/** Files that a send goes without, as sentences: a line for each kind, with the first names and how many there are. */
import { printable } from '#src/domain/printable.js';
import type { PeerEvent } from '#src/peer/events.js';
import { countText } from './amounts.js';

type Of<T extends PeerEvent['type']> = Extract<PeerEvent, { type: T }>;

/** What fits a line. */
const NAMED = 3;

/** Names have a dozen faults at most; a tree of files of rules that cannot be used has more. */
const MOST_KINDS = 12;

export function sendSkipped({ name, skipped, ...counts }: Of<'send-skipped'>): string {
  const { skippedCount, ignoredCount } = counts;
  const kinds = new Map<string, string[]>();
  for (const { path, why } of skipped) {
    const paths = kinds.get(why) ?? [];
    if (paths.length === 0) kinds.set(why, paths);
    paths.push(path);
  }
  const told = [...kinds].slice(0, MOST_KINDS);
  const lines = told.map(([why, paths]) => `${printable(why)}: ${named(paths, paths.length)}`);
  const rest = skippedCount - told.reduce((sum, [, paths]) => sum + paths.length, 0);
  if (rest > 0) lines.push(`${rest} more`);
  if (ignoredCount > 0) lines.push(`by .p2pignore or --exclude: ${ignoredCount}`);
  return [`Of ${printable(name)} these are not sent:`, ...lines].join('\n  ');
}

export function filesFailed({ name, failed, failedCount, direction }: Of<'files-failed'>): string {
  const [path] = failed;
  if (failedCount === 1 && path !== undefined) {
    const one = `${printable(path)} of ${printable(name)}`;
    return direction === 'up'
      ? `${one} changed or vanished while being sent, and cannot be sent; the rest goes on`
      : `${one} cannot be had: its sender says that it changed or vanished; the rest goes on`;
  }
  const which = `${countText(failedCount, 'file')} of ${printable(name)}`;
  const what =
    direction === 'up'
      ? `${which} changed or vanished while being sent, and cannot be sent`
      : `${which} cannot be had: its sender says that they changed or vanished`;
  return `${what}; the rest goes on\n  ${named(failed, failedCount)}`;
}

function named(paths: readonly string[], count: number): string {
  const names = paths.slice(0, NAMED).map((path) => printable(path));
  const more = count - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
