import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stagedBefore } from '#src/peer/downloads/staged-before.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';

describe('what an earlier run left of a download', () => {
  const none = { read: async () => undefined };

  it('is nothing that can be shown where it cannot be read, and keeps no peer from its start', async () => {
    const staging = newFolder();
    mkdirSync(join(staging, 'journal'));
    const manifest = manifestOf({ '': noise(1000) });
    expect(await stagedBefore({ staging }, manifest, none)).toBeUndefined();
    const file = join(staging, 'file');
    writeFileSync(file, '');
    expect(await stagedBefore({ staging: file }, manifest, none)).toBeUndefined();
  });

  it('is nothing yet where nothing was left', async () => {
    const manifest = manifestOf({ '': noise(1000) });
    const staging = join(newFolder(), 'none');
    expect(await stagedBefore({ staging }, manifest, none)).toEqual({ bytes: 0, totalBytes: 1000 });
  });
});
