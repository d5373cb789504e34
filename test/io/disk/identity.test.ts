import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePeerId } from '#src/domain/ids.js';
import { newInstance, openIdentity } from '#src/io/disk/identity.js';
import { writeSmallFile } from '#src/io/disk/small-file.js';
import { newFolder } from '#test/support/folders.js';

describe('an identity', () => {
  it('is made once and stays the same', async () => {
    const data = newFolder();
    const first = await openIdentity(data);
    expect(parsePeerId(first.peerId)).toBe(first.peerId);
    expect(await openIdentity(data)).toEqual(first);
    expect((await openIdentity(newFolder())).peerId).not.toBe(first.peerId);
  });

  it.skipIf(process.platform === 'win32')('lies where only its owner can read it', async () => {
    const data = newFolder();
    await openIdentity(data);
    expect((await stat(join(data, 'identity'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(data, 'identity', 'key.pem'))).mode & 0o777).toBe(0o600);
  });

  it('is never replaced in silence when it cannot be read', async () => {
    const data = newFolder();
    await openIdentity(data);
    const path = join(data, 'identity', 'key.pem');
    const before = await readFile(path);
    await writeFile(path, before.subarray(0, 100));
    await expect(openIdentity(data)).rejects.toMatchObject({ code: 'damaged' });
    await writeSmallFile(path, 'neither key nor certificate');
    await expect(openIdentity(data)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('is damaged when its key and its certificate are not one pair', async () => {
    const [one, other] = [newFolder(), newFolder()];
    const { credentials } = await openIdentity(one);
    const { certificatePem } = (await openIdentity(other)).credentials;
    await writeSmallFile(join(one, 'identity', 'key.pem'), credentials.keyPem + certificatePem);
    await expect(openIdentity(one)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('marks every start differently', () => {
    expect(newInstance()).toMatch(/^[0-9a-f]{16}$/);
    expect(newInstance()).not.toBe(newInstance());
  });
});
