/** Limits as they are typed: MiB a second, empty for none. Pure. */
const MIB = 1024 * 1024;

export function limitText(bytesPerSecond: number | null | undefined): string {
  if (bytesPerSecond === null || bytesPerSecond === undefined) return '';
  return String(Math.round((bytesPerSecond / MIB) * 100) / 100);
}

/** @param typed as a number field gives it: a number, or nothing. @returns bytes a second; null for no limit. */
export function rateOf(typed: string | number | null): number | null {
  if (typed === null || typed === '') return null;
  return Math.round(Number(typed) * MIB);
}
