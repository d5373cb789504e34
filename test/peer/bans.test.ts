import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { writeSmallFile } from '#src/io/small-file.js';
import { Bans } from '#src/peer/bans.js';
import { newFolder } from '#test/support/folders.js';

const peer = `${'a'.repeat(51)}q` as PeerId;
const DAY_MS = 86_400_000;

describe('bans', () => {
  it('begin at the third conviction, last a day, and outlast a restart', async () => {
    const data = newFolder();
    const bans = await Bans.open(data);
    expect([1, 2, 3].map(() => bans.convict(peer, 1000))).toEqual([false, false, true]);
    await bans.save(1000);
    const again = await Bans.open(data);
    expect(again.now(1000 + DAY_MS - 1)).toEqual([peer]);
    expect(again.now(1000 + DAY_MS)).toEqual([]);
  });

  it('begin at once after an attack', async () => {
    const bans = await Bans.open(newFolder());
    expect(bans.convict(peer, 1000, true)).toBe(true);
    expect(bans.now(1001)).toEqual([peer]);
  });

  it('are forgotten on disk once they are over', async () => {
    const data = newFolder();
    const bans = await Bans.open(data);
    for (let time = 0; time < 3; time += 1) bans.convict(peer, 1000);
    await Promise.all([bans.save(1000), bans.save(2000), bans.save(1000 + DAY_MS)]);
    expect((await Bans.open(data)).now(1000)).toEqual([]);
  });

  it('let nobody in when they cannot be read', async () => {
    const data = newFolder();
    await writeFile(join(data, 'bans'), 'damaged');
    await expect(Bans.open(data)).rejects.toMatchObject({ code: 'damaged' });
  });

  it.each(['nobody 5', `${peer} soon`, peer])('do not take the line %j', async (line) => {
    const data = newFolder();
    await writeSmallFile(join(data, 'bans'), `${line}\n`);
    await expect(Bans.open(data)).rejects.toMatchObject({ code: 'damaged' });
  });
});
