import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QuickDisk } from '#src/io/disk/quick-disk.js';

/** Uses a disk once; `ms` of work on this thread. @returns where it was used. */
async function used(disk: QuickDisk, ms = 0): Promise<'here' | 'elsewhere'> {
  return disk.use<'here' | 'elsewhere'>(
    () => {
      const until = performance.now() + ms;
      while (performance.now() < until);
      return 'here';
    },
    async () => 'elsewhere',
  );
}

describe('a disk', () => {
  it('is used elsewhere first, and here as long as it is quick', async () => {
    const disk = new QuickDisk();
    expect(await used(disk)).toBe('elsewhere');
    const places = [];
    for (let call = 0; call < 50; call += 1) places.push(await used(disk));
    expect(places).toContain('here');
  });

  it('is used elsewhere for a while as soon as it was slow', async () => {
    const disk = new QuickDisk();
    while ((await used(disk, 5)) === 'elsewhere');
    for (let call = 0; call < 16; call += 1) expect(await used(disk)).toBe('elsewhere');
    expect(await used(disk)).toBe('here');
  });

  it('is used elsewhere once several calls were a little slow', async () => {
    const disk = new QuickDisk();
    const places = [];
    for (let call = 0; call < 8; call += 1) places.push(await used(disk, 1));
    expect(places.slice(0, 2)).toEqual(['elsewhere', 'here']);
    expect(places.at(-1)).toBe('elsewhere');
  });

  it('gives the thread to others every few milliseconds, however quick it is', async () => {
    const disk = new QuickDisk();
    let turns = 0;
    const others = setInterval(() => {
      turns += 1;
    }, 1);
    const until = performance.now() + 200;
    while (performance.now() < until) await used(disk);
    clearInterval(others);
    expect(turns).toBeGreaterThan(0);
  });

  it('passes on what fails, in both places', async () => {
    const disk = new QuickDisk();
    const failing = () =>
      disk.use(
        () => {
          throw new Error('here');
        },
        () => Promise.reject(new Error('elsewhere')),
      );
    await expect(failing()).rejects.toThrow('elsewhere');
    await expect(failing()).rejects.toThrow('here');
  });
});

describe('a disk that is used many times in a row', () => {
  /** Time stands still, but for what a test says. */
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('needs no promise while it is quick, until others have their turn', async () => {
    const disk = new QuickDisk();
    const here = () => disk.useHere(() => 'here');
    expect(here()).toBeUndefined();
    expect(await used(disk)).toBe('elsewhere');
    expect([here(), here()]).toEqual(['here', 'here']);
    vi.advanceTimersByTime(6);
    expect(here()).toBeUndefined();
    expect(await used(disk)).toBe('here');
    expect(here()).toBe('here');
  });

  it('is used elsewhere as soon as it was slow', async () => {
    const disk = new QuickDisk();
    expect(await used(disk)).toBe('elsewhere');
    const slow = () => {
      vi.advanceTimersByTime(4);
      return 'here';
    };
    expect(disk.useHere(slow)).toBe('here');
    expect(disk.useHere(slow)).toBeUndefined();
    expect(await used(disk)).toBe('elsewhere');
  });

  it('says what fails', async () => {
    const disk = new QuickDisk();
    await used(disk);
    const failing = () =>
      disk.useHere(() => {
        throw new Error('here');
      });
    expect(failing).toThrow('here');
  });
});
