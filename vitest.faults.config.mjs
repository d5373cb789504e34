import { defineConfig, mergeConfig } from 'vitest/config';
import shared from './vitest.config.mjs';

// What is broken once or twice in `npm test` is broken here by the hundred, one test after the other.
const merged = mergeConfig(
  shared,
  defineConfig({
    // Set here and not in the script, whose syntax would depend on the system's shell.
    test: {
      env: { FAULTS: process.env.FAULTS ?? 'full' },
      testTimeout: 3_600_000,
      hookTimeout: 120_000,
      maxWorkers: 1,
      // What one file leaves behind in an hour shall not be another's fault.
      isolate: true,
    },
  }),
);
merged.test.include = ['dist/test/{faults,hostile}/**/*.test.js'];
merged.test.reporters = ['verbose'];
export default merged;
