import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../support/programs/orderly-end.js', import.meta.url));

/** It takes three seconds, and ten while coverage is measured where many other tests run. */
const ENDED_WITHIN_MS = 60_000;

describe('a program that supervises real threads', () => {
  it(
    'replaces the crashed and the hung, ends by itself once stopped, and keeps its stdout clean',
    async () => {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM], {
        timeout: ENDED_WITHIN_MS,
      });
      const facts = stdout
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
      const of = (type: string, actor: string, code?: string) =>
        expect.objectContaining({ type, actor, ...(code === undefined ? {} : { code }) });
      expect(facts.slice(0, 3)).toEqual([
        of('actor-started', 'steady'),
        of('actor-started', 'failing'),
        of('actor-started', 'request'),
      ]);
      expect(facts.slice(3, 7)).toEqual([
        of('actor-ended', 'failing', 'io'),
        of('actor-restarted', 'failing', 'io'),
        of('actor-ended', 'failing', 'hanging'),
        of('actor-restarted', 'failing', 'hanging'),
      ]);
      expect(facts.slice(7)).toEqual([
        of('actor-ended', 'request', 'normal'),
        of('actor-ended', 'failing', 'normal'),
        of('actor-ended', 'steady', 'normal'),
      ]);
      expect(stderr).toContain('printed on a worker');
      expect(stderr).toContain('printed on a pool');
    },
    2 * ENDED_WITHIN_MS,
  );
});
