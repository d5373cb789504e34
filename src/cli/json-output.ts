/** For programs: every line on stdout is one JSON object with a `type`, and nothing else goes there. */
import type { Writable } from 'node:stream';
import type { LogLevel } from '#config/load.js';
import type { Line, Output } from './answer.js';
import { jsonLine } from './json-line.js';
import { shows } from './log-level.js';

export function createJsonOutput(stdout: Writable, level: LogLevel): Output {
  const answer = (line: Line): void => {
    stdout.write(jsonLine(line));
  };
  return {
    tell(line) {
      if (line.type !== 'notice' || shows(level, 'warn')) answer(line);
    },
    answer,
    hear() {},
    end() {},
  };
}
