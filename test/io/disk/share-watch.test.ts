import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, ReplaySubject } from 'rxjs';
import { filter, skip, take } from 'rxjs/operators';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ContentKind } from '#src/domain/content/entries.js';
import type { WatchItem } from '#src/io/disk/share-watch.js';
import { watchShare } from '#src/io/disk/share-watch.js';
import { newFolder } from '#test/support/folders.js';

const TIMES = { settleMs: 20, longestMs: 200, rescanMs: 50, renewMs: 50, mostEntries: 100 };

/** Watches until the test is over; `next` is the nth item of a kind. */
function watching(path: string, kind: ContentKind, times = TIMES) {
  const items = new ReplaySubject<WatchItem>();
  const subscription = watchShare(path, kind, times).subscribe(items);
  const all: WatchItem[] = [];
  items.subscribe((item) => void all.push(item));
  onTestFinished(() => subscription.unsubscribe());
  const next = <K extends WatchItem['kind']>(kind: K, before = 0) =>
    firstValueFrom(
      items.pipe(
        filter((item): item is Extract<WatchItem, { kind: K }> => item.kind === kind),
        skip(before),
        take(1),
      ),
    );
  return { next, heard: () => all, subscription };
}

describe('a watched directory', () => {
  it('says which of its children were added, changed and removed', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'dir'));
    const { next } = watching(folder, 'directory');
    await next('watching');
    let heard = 0;
    // A slow system may tell of one change twice; it tells of none that was not.
    const hears = async (name: string) => {
      for (;;) {
        const { names } = await next('changed', heard);
        heard += 1;
        expect(['a', 'dir']).toEqual(expect.arrayContaining([...names]));
        if (names.includes(name)) return;
      }
    };
    writeFileSync(join(folder, 'dir', 'deep'), 'two');
    await hears('dir');
    writeFileSync(join(folder, 'a'), 'one');
    await hears('a');
    rmSync(join(folder, 'dir', 'deep'));
    await hears('dir');
  });

  it('hears of what changes in folders that were made all at once', async () => {
    const folder = newFolder();
    const { next } = watching(folder, 'directory');
    await next('watching');
    mkdirSync(join(folder, 'dir', 'a', 'b', 'c'), { recursive: true });
    await next('watching', 1);
    let before = 1;
    // The watch is new: anything may have changed while there was none.
    while ((await next('changed', before - 1)).names.length > 0) before += 1;
    // It may be renewed once more, for folders that it saw late.
    for (let heard: readonly string[] = []; heard.length === 0; before += 1) {
      writeFileSync(join(folder, 'dir', 'a', 'b', 'c', `new ${before}`), 'one');
      heard = (await next('changed', before)).names;
      expect(['', 'dir']).toContain(heard.join());
    }
  });

  it('is begun once, though it takes so long that it is looked at meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const folder = newFolder();
    const { next, heard } = watching(folder, 'directory');
    vi.advanceTimersByTime(TIMES.rescanMs);
    vi.useRealTimers();
    await next('watching');
    writeFileSync(join(folder, 'a'), 'one');
    expect((await next('changed')).names).toEqual(['a']);
    expect(heard().filter(({ kind }) => kind === 'watching')).toHaveLength(1);
  });

  it('takes a burst of changes for one, and hears nothing of staged downloads', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, '.p2p-partial'));
    const { next } = watching(folder, 'directory', { ...TIMES, settleMs: 200, longestMs: 2000 });
    await next('watching');
    writeFileSync(join(folder, '.p2p-partial', 'x'), 'staged');
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), name);
    expect([...(await next('changed')).names].toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('is looked at again and again where it is too large, and that is said', async () => {
    const folder = newFolder();
    for (let n = 0; n < 5; n += 1) writeFileSync(join(folder, `${n}`), '');
    const { next } = watching(folder, 'directory', { ...TIMES, mostEntries: 4 });
    const { why, isGone } = await next('fallback');
    expect({ why, isGone }).toMatchObject({
      why: expect.stringContaining('more than 4'),
      isGone: false,
    });
    expect((await next('changed', 1)).names).toEqual([]);
    rmSync(join(folder, '0'));
    await next('watching');
  });

  it('is found again after it was gone', async () => {
    const folder = join(newFolder(), 'share');
    mkdirSync(folder);
    const { next } = watching(folder, 'directory');
    await next('watching');
    rmSync(folder, { recursive: true });
    expect(await next('fallback')).toMatchObject({ isGone: true });
    mkdirSync(folder);
    await next('watching', 1);
  });

  it('is tried again soon when it was gone for a moment, and then only now and then', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const times = { ...TIMES, renewMs: 1000, rescanMs: 60_000 };
    const folder = join(newFolder(), 'share');
    mkdirSync(folder);
    const { next, heard } = watching(folder, 'directory', times);
    await next('watching');
    renameSync(folder, `${folder} elsewhere`);
    await next('fallback');
    mkdirSync(folder);
    vi.advanceTimersByTime(times.renewMs);
    await next('watching', 1);
    rmSync(folder, { recursive: true });
    await next('fallback', 1);
    const looks = () => heard().filter(({ kind }) => kind === 'changed').length;
    const before = looks();
    vi.advanceTimersByTime(times.renewMs);
    expect(looks()).toBe(before + 1);
    // It could not even be begun.
    await next('fallback', 2);
    vi.advanceTimersByTime(times.rescanMs - 1);
    expect(looks()).toBe(before + 1);
    vi.advanceTimersByTime(1);
    expect(looks()).toBe(before + 2);
  });

  it('is watched where it is now, and not where it was moved to, when another takes its place', async () => {
    const folder = join(newFolder(), 'share');
    mkdirSync(folder);
    writeFileSync(join(folder, 'old'), 'one');
    // What the system tells of the folder itself is enough: nothing is looked at by time.
    const { next } = watching(folder, 'directory', { ...TIMES, rescanMs: 3_600_000 });
    await next('watching');
    renameSync(folder, `${folder} elsewhere`);
    mkdirSync(folder);
    await next('watching', 1);
    expect((await next('changed')).names).toEqual([]);
    writeFileSync(join(folder, 'new'), 'two');
    expect((await next('changed', 1)).names).toEqual(['new']);
  });
});

describe('a watched file', () => {
  it('is heard of when it is written, replaced and removed, and its neighbours are not', async () => {
    const folder = newFolder();
    const file = join(folder, 'file');
    writeFileSync(file, 'one');
    const { next } = watching(file, 'file');
    await next('watching');
    writeFileSync(join(folder, 'neighbour'), 'x');
    writeFileSync(file, 'two');
    expect((await next('changed')).names).toEqual(['file']);
    writeFileSync(join(folder, 'new'), 'three');
    renameSync(join(folder, 'new'), file);
    await next('changed', 1);
    rmSync(file);
    await next('changed', 2);
  });
});
