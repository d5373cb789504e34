import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { Bans } from '#src/peer/trust/bans.js';
import { newFolder } from '#test/support/folders.js';
import { manualClock } from '#test/support/manual-clock.js';

const peer = `${'a'.repeat(51)}q` as PeerId;
const other = `${'b'.repeat(51)}q` as PeerId;
const DAY_MS = 86_400_000;

/** The wall clock that goes with a monotonic one, until a test sets it. */
function clocks() {
  const clock = manualClock();
  const set = { byMs: 0 };
  return { clock: { ...clock, wall: () => 1_700_000_000_000 + clock.now() + set.byMs }, set };
}

describe('bans', () => {
  it('begin at the third conviction, last a day, and outlast a restart', async () => {
    const { clock } = clocks();
    const data = newFolder();
    const bans = await Bans.open(data, clock);
    expect([1, 2, 3].map(() => bans.convict(peer))).toEqual([false, false, true]);
    await bans.save();
    clock.pass(DAY_MS / 2);
    const again = await Bans.open(data, clock);
    clock.pass(DAY_MS / 2 - 1);
    expect(again.all).toEqual([peer]);
    clock.pass(1);
    expect(again.all).toEqual([]);
  });

  it('are told with their ends, and are over when they are lifted, with what led to them', async () => {
    const { clock } = clocks();
    const data = newFolder();
    const bans = await Bans.open(data, clock);
    bans.convict(peer, true);
    expect(bans.rows).toEqual([{ peerId: peer, until: clock.wall() + DAY_MS }]);
    expect([bans.pardon(peer), bans.pardon(peer)]).toEqual([true, false]);
    expect(bans.rows).toEqual([]);
    expect([1, 2].map(() => bans.convict(peer))).toEqual([false, false]);
    await bans.save();
    expect((await Bans.open(data, clock)).all).toEqual([]);
  });

  it('begin at once after an attack', async () => {
    const bans = await Bans.open(newFolder());
    expect(bans.convict(peer, true)).toBe(true);
    expect(bans.all).toEqual([peer]);
  });

  it('end while the peer runs, each at its time, and what follows is judged anew', async () => {
    const { clock } = clocks();
    const bans = await Bans.open(newFolder(), clock);
    const ended: (readonly PeerId[])[] = [];
    bans.watch(() => ended.push(bans.all));
    bans.convict(peer, true);
    clock.pass(1000);
    bans.convict(other, true);
    clock.pass(DAY_MS - 1001);
    expect(ended).toEqual([]);
    clock.pass(1);
    expect(ended).toEqual([[other]]);
    clock.pass(1000);
    expect(ended).toEqual([[other], []]);
    expect([1, 2, 3].map(() => bans.convict(peer))).toEqual([false, false, true]);
    expect(bans.convict(other, true)).toBe(true);
  });

  it('last as long as they should when the wall clock is set meanwhile', async () => {
    const { clock, set } = clocks();
    const data = newFolder();
    const bans = await Bans.open(data, clock);
    bans.convict(peer, true);
    set.byMs = 10 * DAY_MS;
    clock.pass(1000);
    expect(bans.all).toEqual([peer]);
    await bans.save();
    expect((await Bans.open(data, clock)).all).toEqual([peer]);
    set.byMs = 11 * DAY_MS;
    expect((await Bans.open(data, clock)).all).toEqual([]);
  });

  it('tell nobody of their end any more once nobody watches', async () => {
    const { clock } = clocks();
    const bans = await Bans.open(newFolder(), clock);
    const onEnd = vi.fn();
    const unwatch = bans.watch(onEnd);
    bans.convict(peer, true);
    unwatch();
    clock.pass(2 * DAY_MS);
    expect(onEnd).not.toHaveBeenCalled();
  });

  it('are forgotten on disk once they are over', async () => {
    const { clock } = clocks();
    const data = newFolder();
    const bans = await Bans.open(data, clock);
    bans.convict(peer, true);
    await bans.save();
    clock.pass(DAY_MS);
    await bans.save();
    expect(await readSmallFile(join(data, 'bans'))).toBe('');
  });

  it('let nobody in when they cannot be read (CVE-2026-70452, CVE-2026-43617)', async () => {
    const data = newFolder();
    await writeFile(join(data, 'bans'), 'damaged');
    await expect(Bans.open(data)).rejects.toMatchObject({ code: 'damaged' });
  });

  it.each([
    'nobody 5',
    `${peer} soon`,
    peer,
    `${peer} 5 ${other}`,
    `${peer} ${2 ** 53}`,
    `${peer} ${'9'.repeat(400)}`,
  ])('do not take the line %j', async (line) => {
    const data = newFolder();
    await writeSmallFile(join(data, 'bans'), `${line}\n`);
    await expect(Bans.open(data)).rejects.toMatchObject({ code: 'damaged' });
  });
});
