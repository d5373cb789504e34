/** One table as text. */
import Table from 'cli-table3';

/** No frames: they cost width, and rows can be copied. */
const PLAIN = Object.fromEntries(
  [
    'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right',
    'left left-mid mid mid-mid right right-mid',
  ].flatMap((names) => names.split(' ').map((name) => [name, ''])),
);

export type Column = { readonly head: string; readonly width?: number; readonly right?: true };

/** Less of a name says nothing: other columns go before it gets so narrow. */
const LEAST_FIRST_COLUMN = 8;

/**
 * The first column takes what the others leave; what does not fit ends in an ellipsis. Where the terminal is too
 * narrow for all columns, the last ones are left out.
 */
export function table(
  all: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const columns = fitting(all, width);
  const first = Math.max(LEAST_FIRST_COLUMN, width - widthBeside(columns));
  const drawn = new Table({
    head: columns.map((column) => column.head),
    colWidths: columns.map((column) => (column.width ?? first) + 1),
    colAligns: columns.map((column) => (column.right === true ? 'right' : 'left')),
    chars: { ...PLAIN, middle: '' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 1 },
  });
  drawn.push(...rows.map((row) => row.slice(0, columns.length)));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function fitting(columns: readonly Column[], width: number): readonly Column[] {
  const fits = width - widthBeside(columns) >= LEAST_FIRST_COLUMN;
  return fits || columns.length === 1 ? columns : fitting(columns.slice(0, -1), width);
}

/** What all columns but the first take, and what parts them. */
function widthBeside(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + (column.width ?? 0) + 1, 0);
}

/** @returns the text as lines of at most `width` columns, broken at its spaces. */
export function folded(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
