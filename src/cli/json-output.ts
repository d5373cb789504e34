/** For programs: every line on stdout is one JSON object with a `type`, and nothing else goes there. */
import type { Writable } from 'node:stream';
import type { LogLevel } from '#config/load.js';
import type { Output } from './answer.js';
import { shows } from './log-level.js';

export function createJsonOutput(stdout: Writable, level: LogLevel): Output {
  return {
    tell(line) {
      if (line.type === 'notice' && !shows(level, 'warn')) return;
      stdout.write(`${JSON.stringify(line)}\n`);
    },
    end() {},
  };
}
