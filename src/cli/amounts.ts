/** Sizes, rates and times as people read them. */
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** @returns three digits at least where they mean something: `512 B`, `1.5 KiB`, `96.0 MiB`. */
export function sizeText(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '? B';
  let value = bytes;
  let unit = 0;
  // 1023.95 would be written 1024.0.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

export function rateText(bytesPerSecond: number): string {
  return `${sizeText(Math.round(bytesPerSecond))}/s`;
}

/** @returns `0:07`, `12:05`, `3:02:11`; `-:--` where nothing is known. */
export function clockText(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms) || ms < 0) return '-:--';
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @returns `1 chunk`, `2 chunks`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Ids are long; eight characters are enough for the eye, and any command takes them. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** @param at milliseconds since 1970. @returns date and time of day here, to the minute. */
export function dateText(at: number): string {
  // Whoever sent it may claim any number: a date goes no further than this.
  const date = new Date(Math.min(at, LAST_DATE_MS));
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** ECMA-262, section 21.4.1.1. */
const LAST_DATE_MS = 8.64e15;
