/** Rates as people type them. Pure. */
import { GiB, KiB, MiB } from '#src/domain/limits.js';

/**
 * Slower than this nothing is fetched: whoever asks gives up a source that brings less than 64 KiB in 20 s, and twice
 * that leaves room for two who ask.
 */
export const LEAST_RATE = 8 * KiB;

/** More than any network of today. */
export const MOST_RATE = 1024 * GiB;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1e6,
  GB: 1e9,
  KiB,
  kiB: KiB,
  MiB,
  GiB,
};

/** @returns bytes a second, null for `off` (no limit), undefined for what is neither. Letters for bits are refused. */
export function parseRate(text: string): number | null | undefined {
  if (text === 'off') return null;
  const [, digits, unit] = /^(\d{1,15}(?:\.\d{1,3})?) ?([A-Za-z]*?)(?:\/s)?$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  if (digits === undefined || factor === undefined) return undefined;
  const rate = Math.round(Number(digits) * factor);
  return rate >= LEAST_RATE && rate <= MOST_RATE ? rate : undefined;
}
