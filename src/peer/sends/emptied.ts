/** A folder that is sent and of which nothing is left: what becomes of it, in words for its user. */
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { Listed } from './send-source.js';

type PassedOver = Pick<
  Listed,
  'files' | 'skipped' | 'skippedCount' | 'ignoredCount' | 'firstIgnored'
>;

/**
 * A folder that is empty may be sent; one that came to be so was not meant to.
 * @throws P2pError `usage` where all of its files are left out
 */
export function requireFiles(name: string, listed: PassedOver): void {
  const { files, skippedCount, ignoredCount } = listed;
  if (files > 0 || skippedCount + ignoredCount === 0) return;
  const why = [...ignoredText(listed), ...skippedText(listed)].join('; ');
  throw new P2pError('usage', `no file of ${printable(name)} is left to send: ${why}`);
}

function ignoredText({ ignoredCount, firstIgnored }: PassedOver): readonly string[] {
  if (firstIgnored === undefined) return [];
  const { path, rule } = firstIgnored;
  return [`${printable(path)}${others(ignoredCount)} left out by ${printable(rule)}`];
}

function skippedText({ skipped: [first], skippedCount }: PassedOver): readonly string[] {
  if (first === undefined) return [];
  const { path, why } = first;
  return [`${printable(path)}${others(skippedCount)} cannot be sent (${printable(why)})`];
}

function others(count: number): string {
  return count > 1 ? ` and ${count - 1} more` : '';
}
