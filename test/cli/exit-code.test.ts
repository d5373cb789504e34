import { expect, it } from 'vitest';
import { exitCodeOf } from '#src/cli/exit-code.js';
import { P2pError } from '#src/domain/errors.js';

it.each([
  ['unreadable', 64],
  ['not-found', 64],
  ['too-large', 64],
  ['changed', 1],
  ['io', 74],
] as const)(
  'what is to be sent and cannot be is no defect of the program: %s ends with %d',
  (code, exit) => {
    expect(exitCodeOf(new P2pError(code, 'why'))).toBe(exit);
  },
);
