import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filter, firstValueFrom, Subject, take, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import type { SharesEvent } from '#src/domain/catalogue/shares.js';
import type { PeerEvent } from '#src/peer/events.js';
import { ShareWatches } from '#src/peer/shares/share-watches.js';
import { newFolder } from '#test/support/folders.js';

it('a shared folder that is gone is told of once, however often it is looked at', async () => {
  const folder = join(newFolder(), 'share');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a'), '');
  const noted = new Subject<SharesEvent>();
  const told: PeerEvent[] = [];
  const watches = new ShareWatches(
    (event) => noted.next(event),
    (event) => told.push(event),
  );
  try {
    const listed = noted.pipe(filter((event) => event.type === 'folder-listed'));
    const empty = listed.pipe(filter(({ children }) => children.length === 0));
    const goneTwice = firstValueFrom(empty.pipe(take(2), toArray()));
    // Listed at once, and again when the watch stands: from then on its end is heard of.
    const stands = firstValueFrom(listed.pipe(take(2), toArray()));
    watches.watchFolder(folder);
    await stands;
    rmSync(folder, { recursive: true });
    await goneTwice;
  } finally {
    watches.close();
  }
  expect(told).toEqual([
    {
      type: 'notice',
      code: 'unreadable',
      message: `${folder} is gone. Nothing in it is shared until that changes.`,
    },
  ]);
});

it('new rules of a shared folder have everything in it looked at', async () => {
  const folder = join(newFolder(), 'share');
  mkdirSync(join(folder, 'b'), { recursive: true });
  writeFileSync(join(folder, 'a'), '');
  const noted = new Subject<SharesEvent>();
  const watches = new ShareWatches(
    (event) => noted.next(event),
    () => undefined,
  );
  try {
    const listed = noted.pipe(filter((event) => event.type === 'folder-listed'));
    const stands = firstValueFrom(listed.pipe(take(2), toArray()));
    watches.watchFolder(folder);
    await stands;
    const changed = noted.pipe(filter((event) => event.type === 'changed'));
    const looked = firstValueFrom(changed.pipe(take(2), toArray()));
    writeFileSync(join(folder, '.p2pignore'), 'a\n');
    // What is left out is listed no more; what is still there may have less in it.
    expect((await looked).map(({ path }) => path).toSorted()).toEqual([
      join(folder, '.p2pignore'),
      join(folder, 'b'),
    ]);
    expect(watches.rulesFor(join(folder, 'b'))).toEqual({ exclude: [], isInFolder: true });
    expect(watches.rulesFor(folder).isInFolder).toBe(false);
  } finally {
    watches.close();
  }
});
