import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { writeSmallFile } from '#src/io/disk/small-file.js';
import { KnownTrackers } from '#src/peer/network/known-trackers.js';
import { newFolder } from '#test/support/folders.js';

const [A, B] = ['a'.repeat(52) as PeerId, `b${'a'.repeat(51)}` as PeerId];

describe('the memory of trackers', () => {
  it('outlasts a restart, and the one met last holds', async () => {
    const data = newFolder();
    const known = await KnownTrackers.open(data);
    expect(known.all.size).toBe(0);
    await Promise.all([known.meet('house:4000', A), known.meet('[fe80::1]:4000', B)]);
    await known.meet('house:4000', B);
    const again = await KnownTrackers.open(data);
    expect([...again.all]).toEqual([
      ['[fe80::1]:4000', B],
      ['house:4000', B],
    ]);
  });

  it('is bounded: the one met longest ago is forgotten', async () => {
    const known = await KnownTrackers.open(newFolder());
    for (let port = 1; port <= 300; port += 1) void known.meet(`house:${port}`, A);
    await known.meet('house:4000', A);
    expect(known.all.size).toBe(256);
    expect(known.all.has('house:1')).toBe(false);
    expect(known.all.has('house:4000')).toBe(true);
  });

  it.each([
    ['is no line of it', 'nonsense\n'],
    ['names no address', `house ${A}\n`],
    ['names no id', 'house:4000 me\n'],
    ['says more than it should', `house:4000 ${A} ${B}\n`],
    ['names an address as nobody looks it up', `house:04000 ${A}\n`],
  ])('that %s lets nobody stand in', async (_, text) => {
    const data = newFolder();
    await writeSmallFile(join(data, 'trackers'), text);
    await expect(KnownTrackers.open(data)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('that was damaged is not taken for an empty one', async () => {
    const data = newFolder();
    await (await KnownTrackers.open(data)).meet('house:4000', A);
    const path = join(data, 'trackers');
    writeFileSync(path, readFileSync(path, 'utf8').replace('4000', '4001'));
    await expect(KnownTrackers.open(data)).rejects.toMatchObject({ code: 'damaged' });
  });
});
