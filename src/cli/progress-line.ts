/** How far something has come, as one line: with a bar on a terminal, in words elsewhere. */
import { printable } from '#src/domain/printable.js';
import { clockText, rateText, sizeText } from './amounts.js';
import type { Progress } from './progress.js';

/** A name and a bar that still say something: eight columns and five. */
const LEAST_ROOM = 16;

/** @returns one line of exactly what fits: name, bar, percent, rate, time left, sources; the last of these go first. */
export function barLine(progress: Progress, width: number): string {
  const parts = [...facts(progress, width - 3 - LEAST_ROOM)];
  const roomBeside = () => width - 1 - cellsIn(parts.join(' ')) - 2;
  while (parts.length > 1 && roomBeside() < LEAST_ROOM) parts.pop();
  const tail = parts.join(' ');
  const room = Math.max(10, roomBeside());
  const label = Math.min(28, Math.floor(room / 2));
  const cells = room - label - 3;
  const full = Math.min(cells, Math.floor(share(progress) * cells));
  return `${fitted(progress.label, label)} [${'#'.repeat(full)}${'.'.repeat(cells - full)}] ${tail}`;
}

/** @returns one line for a file or a pipe. */
export function tenthLine(progress: Progress): string {
  const size = `${sizeText(progress.doneBytes)} of ${sizeText(progress.bytes)}`;
  return `${printable(progress.label)}: ${facts(progress).join(' ').trimStart()}, ${size}`;
}

/** @param room in columns: of names and reasons that others tell as much is shown as fits. */
function facts(progress: Progress, room = Number.POSITIVE_INFINITY): readonly string[] {
  const percent = `${Math.floor(share(progress) * 100)} %`.padStart(5);
  if (progress.why !== undefined) {
    const why = ` ${printable(progress.why)}`;
    return [percent, fitted(why, Math.min(cellsIn(why), room - percent.length - 1))];
  }
  if (progress.bytesPerSecond === undefined) return [percent];
  const rate = rateText(progress.bytesPerSecond).padStart(12);
  const left = `${clockText(progress.etaMs ?? null).padStart(7)} left`;
  const sources = progress.sources === undefined ? [] : [` ${progress.sources} src`];
  return [percent, rate, left, ...sources];
}

export function share({ doneBytes, bytes }: Progress): number {
  return bytes > 0 ? Math.min(1, doneBytes / bytes) : 1;
}

/** How many rows of a terminal a line takes. */
export function rowsOf(line: string, width: number): number {
  return Math.max(1, Math.ceil(cellsIn(line) / width));
}

function cellsIn(text: string): number {
  let used = 0;
  for (const character of text) used += cellsOf(character);
  return used;
}

/** Wide characters (East Asian, emoji) take two columns; counting every character beyond Latin so is safe. */
function cellsOf(character: string): number {
  return (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
}

function fitted(text: string, columns: number): string {
  let shown = '';
  let used = 0;
  for (const character of printable(text)) {
    const wide = cellsOf(character);
    if (used + wide > columns - 1 && shown.length + character.length < text.length) {
      return `${shown}~`.padEnd(shown.length + 1 + columns - used - 1);
    }
    shown += character;
    used += wide;
  }
  return shown + ' '.repeat(Math.max(0, columns - used));
}
