import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { Acquaintance } from '#src/domain/peers/trust.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { TrustList } from '#src/peer/trust/trust-list.js';
import { newFolder } from '#test/support/folders.js';

const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';
const id = (n: number) => {
  const tail = [n >> 10, n >> 5, n].map((part) => DIGITS[part & 31]).join('');
  return `${'a'.repeat(48)}${tail}q` as PeerId;
};
const row = (n: number, state: Acquaintance['state'], name = `peer ${n}`): Acquaintance => ({
  peerId: id(n),
  state,
  name,
  host: 'fe80::1%eth 0',
  port: 27_460,
});

describe('who is trusted and blocked', () => {
  it('outlasts a restart, with the names and addresses they had', async () => {
    const data = newFolder();
    const list = await TrustList.open(data);
    const all = [row(1, 'blocked', '"a" \\ b\u2028'), row(2, 'known', ''), row(3, 'trusted')];
    for (const one of all) list.set(one);
    await list.save();
    const again = await TrustList.open(data);
    expect(again.all).toEqual(all);
    expect([again.blocked, again.trusted]).toEqual([[id(1)], [id(3)]]);
    expect([1, 2, 3, 4].map((n) => again.stateOf(id(n)))).toEqual([
      'blocked',
      'known',
      'trusted',
      'unknown',
    ]);
    again.forget(id(1));
    await again.save();
    expect((await TrustList.open(data)).blocked).toEqual([]);
  });

  it('is written as it is last, however many ask for it at once', async () => {
    const data = newFolder();
    const list = await TrustList.open(data);
    const writes = Array.from({ length: 20 }, (_, n) => {
      list.set(row(n, 'blocked'));
      return list.save();
    });
    await Promise.all(writes);
    expect((await TrustList.open(data)).all).toHaveLength(20);
  });

  it('keeps the 1,024 known peers that were here last, and all others', async () => {
    const list = await TrustList.open(newFolder());
    list.set(row(0, 'blocked'));
    list.set(row(1, 'trusted'));
    for (let n = 2; n < 1026; n += 1) list.set(row(n, 'known'));
    list.set(row(2, 'known'));
    list.set(row(1026, 'known'));
    expect(list.all).toHaveLength(1026);
    expect([0, 1, 2, 3].map((n) => list.stateOf(id(n)))).toEqual([
      'blocked',
      'trusted',
      'known',
      'unknown',
    ]);
  });

  it('lets nobody in when it cannot be read (CVE-2026-70452, CVE-2026-43617)', async () => {
    const data = newFolder();
    await writeFile(join(data, 'trust'), 'damaged');
    await expect(TrustList.open(data)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('is read from its backup where the file itself is damaged', async () => {
    const data = newFolder();
    const list = await TrustList.open(data);
    list.set(row(1, 'blocked'));
    await list.save();
    await list.save();
    await writeFile(join(data, 'trust'), 'damaged');
    expect((await TrustList.open(data)).blocked).toEqual([id(1)]);
  });

  it.each([
    'nobody blocked ["a","b",1]',
    `${id(1)} friend ["a","b",1]`,
    `${id(1)} unknown ["a","b",1]`,
    `${id(1)} blocked`,
    `${id(1)} blocked ["a","b",65536]`,
    `${id(1)} blocked ["a","b"]`,
    `${id(1)} blocked ["a",1,1]`,
    `${id(1)} blocked [`,
  ])('does not take the line %j', async (line) => {
    const data = newFolder();
    await writeSmallFile(join(data, 'trust'), `${line}\n`);
    await expect(TrustList.open(data)).rejects.toMatchObject({ code: 'damaged' });
    expect(await readSmallFile(join(data, 'trust'))).toBe(`${line}\n`);
  });

  it('warns of a name once a minute, whatever keys come under it', async () => {
    const list = await TrustList.open(newFolder());
    expect(list.mayWarn('ben', 0)).toBe(true);
    expect(list.mayWarn('ben', 59_999)).toBe(false);
    expect(list.mayWarn('anna', 59_999)).toBe(true);
    expect(list.mayWarn('ben', 60_000)).toBe(true);
  });
});
