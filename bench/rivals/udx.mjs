import { createRequire } from 'node:module';

/** @returns why udx-native cannot be measured here, if so. */
export function udxMissing() {
  try {
    // It brings a binary for each system, which may not fit this one: loading it is the test.
    createRequire(import.meta.url)('udx-native');
    return undefined;
  } catch (error) {
    return error.message.split('\n', 1)[0];
  }
}
