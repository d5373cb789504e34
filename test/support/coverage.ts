/** A set-up file while coverage is measured: a test runner's process is ended without a chance to write its own. */
import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

afterAll(() => takeCoverage());
