/** What all transfers that are shown come to together. */
import type { Progress } from './progress.js';

/** @returns undefined where there are not several; what is hashed here is no transfer. */
export function totalOf(all: readonly Progress[]): Progress | undefined {
  const transfers = all.filter(({ bytesPerSecond }) => bytesPerSecond !== undefined);
  if (transfers.length < 2) return undefined;
  const sum = (of: (one: Progress) => number) =>
    transfers.reduce((before, one) => before + of(one), 0);
  const doneBytes = sum((one) => one.doneBytes);
  const bytes = sum((one) => one.bytes);
  const bytesPerSecond = sum((one) => one.bytesPerSecond ?? 0);
  const etaMs = bytesPerSecond > 0 ? ((bytes - doneBytes) / bytesPerSecond) * 1000 : null;
  const isFetched = transfers.some(({ sources }) => sources !== undefined);
  return {
    key: 'in all',
    label: `in all (${transfers.length})`,
    doneBytes,
    bytes,
    bytesPerSecond,
    etaMs,
    ...(isFetched && { sources: sum((one) => one.sources ?? 0) }),
  };
}
