import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter, LINE_CHARACTERS, type Line } from '#src/cli/line-splitter.js';

function split(...parts: readonly string[]): readonly (string | null)[] {
  const splitter = createLineSplitter();
  const lines: Line[] = [...parts.flatMap((part) => splitter.push(part)), ...splitter.end()];
  return lines.map((line) => (line.kind === 'line' ? line.text : null));
}

describe('lines of stdin', () => {
  it('end in LF or CRLF, and the last one needs no end', () => {
    expect(split('list\r\npeers\nexit')).toEqual(['list', 'peers', 'exit']);
  });

  it('begin after a byte order mark', () => {
    expect(split('\uFEFFlist\n\uFEFFx\n')).toEqual(['list', '\uFEFFx']);
  });

  it('are the same however the text is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', ' ', 'b') });
    fc.assert(
      fc.property(text, fc.nat(), (whole, cut) => {
        const at = whole.length === 0 ? 0 : cut % whole.length;
        expect(split(whole.slice(0, at), whole.slice(at))).toEqual(split(whole));
      }),
    );
  });

  it('that are too long are refused once and not kept', () => {
    const part = 'x'.repeat(LINE_CHARACTERS);
    expect(split(part, part, part, 'y\nlist\n')).toEqual([null, 'list']);
    expect(split(`${part}${part}\nlist`)).toEqual([null, 'list']);
    expect(split(part)).toEqual([part]);
  });
});
