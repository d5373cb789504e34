import { describe, expect, it } from 'vitest';
import { ofOurDisk } from '#src/domain/download/disk-failure.js';

describe('a failure of our own disk', () => {
  it('leaves what arrived, but where there is no folder any more', () => {
    const full = ofOurDisk({ code: 'ENOSPC', message: 'no space' });
    expect(full).toEqual({ code: 'disk-full', message: expect.stringContaining('is kept') });
    expect(ofOurDisk({ code: 'ENOENT', message: 'no such file' })).toMatchObject({ isGone: true });
  });
});
