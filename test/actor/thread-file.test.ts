import { describe, expect, it } from 'vitest';
import { threadFile } from '#src/actor/thread-file.js';

describe('the file of a thread', () => {
  it('lies in dist/threads, two folders up from the code that starts it', () => {
    expect(threadFile('mesh').pathname).toMatch(/\/dist\/threads\/mesh\.js$/);
  });
});
