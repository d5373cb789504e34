/**
 * Loaded before a program, into each of its threads: its wall clock is off by as many milliseconds as the file
 * P2P_TEST_CLOCK says at that moment. The monotonic clock and timers go on, as they do where a clock is set.
 */
import { appendFileSync, readFileSync } from 'node:fs';

const file = process.env['P2P_TEST_CLOCK'] ?? '';
const now = Date.now.bind(Date);

function shifted(): number {
  const offset = Number(readFileSync(file, 'utf8'));
  // So that a test can see that somebody read the clock while it was wrong.
  if (offset !== 0) appendFileSync(`${file}.read`, `${offset}\n`);
  return now() + offset;
}

globalThis.Date = class extends Date {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(shifted());
    else super(...(given as [number]));
  }

  static override now(): number {
    return shifted();
  }
} as DateConstructor;
