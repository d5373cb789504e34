import { afterEach, describe, expect, it, vi } from 'vitest';
import { threadFile } from '#src/actor/thread-file.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the file of a thread', () => {
  it('lies in dist/threads, two folders up from the code that starts it', () => {
    vi.stubEnv('NODE_V8_COVERAGE', undefined);
    expect(threadFile('mesh').pathname).toMatch(/\/dist\/threads\/mesh\.js$/);
  });

  it('is the unbundled one while coverage is measured', () => {
    vi.stubEnv('NODE_V8_COVERAGE', '/somewhere');
    expect(threadFile('mesh').pathname).toMatch(/\/dist\/workers\/mesh\.js$/);
  });
});
