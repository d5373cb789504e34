/** Finds what a mistyped word was meant to be. */

/** @returns the candidate that needs the fewest edits, or undefined if none is near enough to be meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // Longer words are never a slip of the finger, and the table below is quadratic.
  if (word.length > 64) return undefined;
  const typed = word.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: edits(typed, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  // A third of the letters, rounded up: "dwonlod" still means "download", "xyz" means nothing.
  return best !== undefined && best.edits <= Math.ceil(word.length / 3)
    ? best.candidate
    : undefined;
}

/** Damerau-Levenshtein distance with adjacent swaps counted once (optimal string alignment). */
function edits(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(cell(a, b, i, j, rows, row));
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

function cell(
  a: string,
  b: string,
  i: number,
  j: number,
  rows: readonly (readonly number[])[],
  row: readonly number[],
): number {
  const above = rows[i - 1] ?? [];
  const same = a[i - 1] === b[j - 1];
  const best = Math.min(
    (above[j] ?? Infinity) + 1,
    (row[j - 1] ?? Infinity) + 1,
    (above[j - 1] ?? Infinity) + (same ? 0 : 1),
  );
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return swapped ? Math.min(best, (rows[i - 2]?.[j - 2] ?? Infinity) + 1) : best;
}
