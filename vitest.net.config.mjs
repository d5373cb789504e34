import { defineConfig, mergeConfig } from 'vitest/config';
import shared from './vitest.config.mjs';

/** What only waits for half a minute, each in a network of its own, need not wait for the other. */
const WAITING = ['dist/test/net/{failing,power,torn}.test.js'];

// Whole machines in made-up networks, one test after the other where they measure time or rates.
const merged = mergeConfig(shared, defineConfig({ test: { testTimeout: 120_000, isolate: true } }));
const { test } = merged;
const project = (name, groupOrder, maxWorkers, files) => ({
  test: { ...test, name, maxWorkers, sequence: { ...test.sequence, groupOrder }, ...files },
});
export default defineConfig({
  test: {
    projects: [
      project('waiting', 0, 2, { include: WAITING, exclude: [] }),
      project('measuring', 1, 1, { include: ['dist/test/net/**/*.test.js'], exclude: WAITING }),
    ],
    // Tells of every test that is skipped why.
    reporters: ['verbose'],
  },
});
