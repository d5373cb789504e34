/** Which rows of a long list are drawn: some around what is seen, moved as it is scrolled. Pure. */

/** From `start` to before `end`. */
export type RowWindow = { readonly start: number; readonly end: number };

/** Several screens of them: what a browser draws in a moment. */
const MOST_DRAWN = 120;

/** Moved by so many at once: less than a third, so that what is seen stays drawn. */
const STEP = 30;

export function atStart(count: number): RowWindow {
  return { start: 0, end: Math.min(count, MOST_DRAWN) };
}

export function atEnd(count: number): RowWindow {
  return { start: Math.max(0, count - MOST_DRAWN), end: count };
}

export function earlier({ start, end }: RowWindow): RowWindow {
  const next = Math.max(0, start - STEP);
  return { start: next, end: Math.min(end, next + MOST_DRAWN) };
}

export function later({ start, end }: RowWindow, count: number): RowWindow {
  const next = Math.min(count, end + STEP);
  return { start: Math.max(start, next - MOST_DRAWN), end: next };
}

/** Of a list that has another length now. @param shift how many rows came before all others */
export function within({ start, end }: RowWindow, count: number, shift = 0): RowWindow {
  const next = Math.max(0, Math.min(start + shift, count - (end - start)));
  return { start: next, end: Math.min(count, next + MOST_DRAWN) };
}
