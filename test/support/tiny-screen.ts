/** A terminal of many rows, as far as the bars use one: shows what is left of all that was written to it. */
export function tinyScreen() {
  const rows: string[] = [''];
  let at = { row: 0, column: 0 };
  let saved = at;

  function put(character: string): void {
    const row = rows[at.row] ?? '';
    rows[at.row] = row.slice(0, at.column).padEnd(at.column) + character + row.slice(at.column + 1);
    at = { ...at, column: at.column + 1 };
  }

  function control(text: string): void {
    const [, count = '', kind = ''] = /^\p{Cc}\[?(\d*)(\w)$/u.exec(text) ?? [];
    const cut = (row: number, column: number): void => {
      rows[row] = (rows[row] ?? '').slice(0, column);
    };
    if (text === '\n') at = { row: at.row + 1, column: 0 };
    else if (text === '\u001b7') saved = at;
    else if (text === '\u001b8') at = saved;
    else if (kind === 'A') at = { ...at, row: at.row - Number(count || '1') };
    else if (kind === 'G') at = { ...at, column: Number(count || '1') - 1 };
    else if (kind === 'K') cut(at.row, count === '2' ? 0 : at.column);
    else if (kind === 'J') {
      cut(at.row, at.column);
      rows.length = Math.min(rows.length, at.row + 1);
    } else throw new Error(`the screen does not know ${JSON.stringify(text)}`);
  }

  return {
    /** What a program writes, or what a terminal shows of keys that are pressed. */
    write(text: string): void {
      for (const [part] of text.matchAll(/\n|\p{Cc}\[\d*[A-Z]|\p{Cc}[78]|\P{Cc}/gu)) {
        if (/^\p{Cc}/u.test(part)) control(part);
        else put(part);
      }
    },
    /** The window is made so wide: what stands there is wrapped anew, and the cursor stays where it is in the text. */
    narrow(columns: number): void {
      const above = rows
        .slice(0, at.row)
        .map((row) => Math.max(1, Math.ceil(row.length / columns)));
      const inRow = Math.floor(at.column / columns);
      const row = above.reduce((sum, one) => sum + one, 0) + inRow;
      const wrapped = rows.flatMap(
        (text) => text.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''],
      );
      rows.splice(0, rows.length, ...wrapped);
      at = { row, column: at.column % columns };
    },
    rows: (): readonly string[] => rows.map((row) => row.trimEnd()),
  };
}
