import { describe, expect, it } from 'vitest';
import { jsonLine } from '#src/cli/json-line.js';

describe('a line for programs', () => {
  it('is one line to every reader, whatever a peer put into its texts', () => {
    const said = { type: 'heard', text: 'a\u2028b\u2029c\r\nd\u0085\v\f"\\' };
    const line = jsonLine(said);
    expect(line.match(/\r\n|[\n\r\u2028\u2029\v\f]/g)).toEqual(['\n']);
    expect(JSON.parse(line)).toEqual(said);
  });
});
