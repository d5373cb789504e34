import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFileReceiver, startFileSender } from '#src/peer/file-transfer.js';
import { newFolder } from '#test/support/folders.js';

const NOWHERE = { host: '127.0.0.1', port: 1 };

describe('a file that cannot be sent', () => {
  it.each<[what: string, make: (path: string) => void, name: string, code: string, why: RegExp]>([
    ['does not exist', () => undefined, 'a', 'unreadable', /does not exist$/],
    ['is a folder', (path) => mkdirSync(path), 'a', 'unreadable', /is a folder/],
    ['is a pipe', (path) => execFileSync('mkfifo', [path]), 'a', 'unreadable', /no regular file$/],
    ['has a name no one could take', (path) => writeFileSync(path, ''), 'a\nb', 'bad-name', /name/],
  ])(
    '%s: that is said before anybody is called or anything is made',
    async (_, make, name, code, why) => {
      const root = newFolder();
      const path = join(root, name);
      make(path);
      const options = { data: join(root, 'data'), name: 'me', lossShare: 0 };
      const error = startFileSender(path, NOWHERE, options);
      await expect(error).rejects.toMatchObject({ code, message: expect.stringMatching(why) });
      expect(readdirSync(root)).not.toContain('data');
    },
  );
});

describe('a folder for a file', () => {
  it('that is a file, or whose parent is not there, cannot be had', async () => {
    const root = newFolder();
    writeFileSync(join(root, 'file'), '');
    const options = { data: join(root, 'data'), name: 'me', lossShare: 0 };
    const wrong = [
      [join(root, 'file'), /is a file: --to takes a folder$/],
      [join(root, 'no', 'such'), /cannot be made: the folder it would be in does not exist$/],
      [join(root, 'file', 'in'), /cannot be made/],
    ] as const;
    for (const [folder, why] of wrong) {
      const error = startFileReceiver(folder, NOWHERE, options);
      await expect(error).rejects.toMatchObject({
        code: 'folder-unavailable',
        message: expect.stringMatching(why),
      });
    }
  });
});
