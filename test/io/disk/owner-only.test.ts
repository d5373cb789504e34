import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openToOthers } from '#src/io/disk/owner-only.js';
import { newFolder } from '#test/support/folders.js';

function fileWith(mode: number, name = 'key'): string {
  const path = join(newFolder(), name);
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
}

describe.skipIf(process.platform === 'win32')('a file with a secret', () => {
  it.each([0o600, 0o400, 0o700, 0o711])("is its owner's alone with mode %o", async (mode) => {
    expect(await openToOthers(fileWith(mode))).toBeUndefined();
  });

  it.each([0o640, 0o620, 0o604, 0o602, 0o666])('is open to others with mode %o', async (mode) => {
    const path = fileWith(mode);
    expect(await openToOthers(path)).toContain(`chmod 600 '${path}'`);
  });

  it('is named with a mend that a shell takes, whatever its name', async () => {
    const path = fileWith(0o644, "my 'own' key");
    const [, mend = ''] = /(chmod .+)$/.exec((await openToOthers(path)) ?? '') ?? [];
    execFileSync('sh', ['-c', mend]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await openToOthers(path)).toBeUndefined();
  });

  it('is nothing to tell of where it is gone, or no file', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'open'));
    chmodSync(join(folder, 'open'), 0o777);
    expect(await openToOthers(join(folder, 'open'))).toBeUndefined();
    expect(await openToOthers(join(folder, 'gone'))).toBeUndefined();
  });

  it('is not judged by its mode where the system has none', async () => {
    expect(await openToOthers(fileWith(0o666), { os: 'win32' })).toBeUndefined();
  });
});
