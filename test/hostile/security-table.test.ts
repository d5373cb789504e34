/** docs/security.md promises tests by name: they are there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8');
const ROW = /^\| (\d+b?) \| ([^|]+) \| ([^|]+) \|$/gm;
const PROMISE = /`(test\/[\w./-]+\.ts)`: "([^"]+)"/g;

const ROWS = [...DOCUMENT.matchAll(ROW)].map(([, number = '', flaw = '', cell = '']) => ({
  number,
  flaw,
  cell,
  tests: [...cell.matchAll(PROMISE)].map(([, file = '', title = '']) => ({ file, title })),
}));

/** What is in brackets behind a flaw, with or without the program's name: a test is named after one of them. */
function namesOf(flaw: string): readonly string[] {
  const [, all = ''] = /\(([^()]+)\) *$/.exec(flaw) ?? [];
  return all.split(', ').flatMap((name) => {
    const last = name.split(' ').at(-1) ?? name;
    return /\d|_/.test(last) ? [name, last] : [name];
  });
}

describe('the table of what broke others', () => {
  it('has every row once, in order', () => {
    const plain = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`);
    expect(ROWS.map(({ number }) => number)).toEqual([
      ...plain(1, 24),
      '24b',
      ...plain(25, 39),
      '39b',
      ...plain(40, 79),
    ]);
  });

  it.each(ROWS)(
    'row $number names tests that there are, or says why there are none: $flaw',
    ({ flaw, tests, cell }) => {
      for (const { file, title } of tests) {
        expect(existsSync(join(ROOT, file)), file).toBe(true);
        const source = readFileSync(join(ROOT, file), 'utf8');
        const isThere = [`'${title}'`, `"${title}"`, `\`${title}\``].some((text) =>
          source.includes(text),
        );
        expect(isThere, `${file} has no test called ${title}`).toBe(true);
      }
      const titles = tests.map(({ title }) => title).join('\n');
      if (tests.length > 0) expect(namesOf(flaw).some((name) => titles.includes(name))).toBe(true);
      if (tests.length === 0) expect(cell).toMatch(/^(There is no|It is not|Nothing is)\b.*\.$/);
    },
  );
});
