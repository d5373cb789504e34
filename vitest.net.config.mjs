import { defineConfig, mergeConfig } from 'vitest/config';
import shared from './vitest.config.mjs';

// Whole machines in made-up networks, one test after the other, as they measure time.
const merged = mergeConfig(
  shared,
  defineConfig({ test: { testTimeout: 120_000, maxWorkers: 1, isolate: true } }),
);
merged.test.include = ['dist/test/net/**/*.test.js'];
merged.test.exclude = [];
// Tells of every test that is skipped why.
merged.test.reporters = ['verbose'];
export default merged;
