import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

/** What takes seconds comes first, so that the run does not end with one long file; small ones fill the gaps. */
class WholePeersFirst extends BaseSequencer {
  async sort(files) {
    // By how long they took last time, where that is known, and else by size.
    // oxlint-disable-next-line unicorn/no-array-sort -- the runner's own, which gives a new list.
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => turnOf(one) - turnOf(other));
  }
}

function turnOf({ moduleId }) {
  // The longest of all, which by its size would begin in the middle and be the last to end.
  if (moduleId.includes('/test/system/drills.')) return 0;
  return /\/test\/(system|faults|hostile|examples)\//.test(moduleId) ? 1 : 2;
}

const isCovering = process.env.NODE_V8_COVERAGE !== undefined;

export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    exclude: [
      // They need rights that not every machine gives: `npm run test:net`.
      'dist/test/net/**',
      // They need Chromium: `npm run test:browser`.
      'dist/test/browser/**',
      // They run lines that others run too, again and again: coverage would take as long as all others together.
      ...(isCovering ? ['dist/test/{faults,hostile}/**'] : []),
    ],
    // Compiled files run natively, so that coverage maps back to the TypeScript lines.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    setupFiles: isCovering ? ['dist/test/support/coverage.js'] : [],
    pool: 'forks',
    // Files share processes, whose modules are loaded once: that is a tenth of all the work.
    isolate: false,
    // Peers wait for each other more than they compute: two processors have time for four files.
    maxWorkers: 4,
    sequence: { sequencer: WholePeersFirst },
    // While coverage is measured a program takes four times as long to start, as it is not bundled.
    testTimeout: isCovering ? 120_000 : 30_000,
    hookTimeout: 30_000,
    // Who polls waits as long as who is told.
    expect: { poll: { timeout: 20_000 } },
  },
});
