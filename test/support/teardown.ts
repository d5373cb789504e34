/**
 * What is made in `beforeAll` and shared by the tests of a file. The runner takes no `afterAll` from within a hook: peers
 * would live on among the files that come after in the same process, and dial what has their ports by then.
 */
import { afterAll } from 'vitest';
import type { Teardown } from './network.js';

/** To be called where tests are described. @returns what registers a clean-up, run after all of them, the last first. */
export function afterAllTests(): Teardown {
  const cleans: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const clean of cleans.splice(0).toReversed()) await clean();
  });
  return (clean) => void cleans.push(clean);
}
