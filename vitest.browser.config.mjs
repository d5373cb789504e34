import { defineConfig, mergeConfig } from 'vitest/config';
import shared from './vitest.config.mjs';

// The page in a real browser, before whole peers: one file after the other, as a browser takes all there is.
const merged = mergeConfig(shared, defineConfig({ test: { testTimeout: 60_000, maxWorkers: 1 } }));
export default {
  ...merged,
  test: {
    ...merged.test,
    include: ['dist/test/browser/**/*.test.js'],
    exclude: [],
    // Tells of every test that is skipped why.
    reporters: ['verbose'],
  },
};
