import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import { type Database, openDatabase } from '#src/io/disk/database.js';
import { newFolder } from '#test/support/folders.js';
import { fill, smallDisk } from '#test/support/small-disk.js';

const ROOT_ONLY = 'only root may mount a small disk to fill';

const id = '0123456789abcdef'.repeat(4) as ContentId;
const hashed = { id, bytes: 5, chunks: 1 };

/** Writes rows until the disk takes no more. @returns how many it took. */
async function writeUntilFull(database: Database): Promise<number> {
  for (let count = 0; ; count += 1) {
    try {
      await database.put('hashed', `/before/${count}`, hashed);
    } catch (error) {
      expect(error).toMatchObject({
        code: 'disk-full',
        message: expect.stringMatching(/full: make/),
      });
      return count;
    }
  }
}

describe.skipIf(process.platform !== 'linux')('a database whose disk was full', () => {
  it('keeps what it took before, and what it takes once there is room', async (context) => {
    const data = join(newFolder(), 'data');
    if (!smallDisk(data, 2 * MiB)) context.skip(ROOT_ONLY);
    const { database } = await openDatabase(data);
    await database.put('hashed', 'first', hashed);
    const free = fill(data);
    // As many as there is room for in the block of the first; of the last one a part is written.
    const before = 1 + (await writeUntilFull(database));
    expect(before).toBeGreaterThan(2);
    // Still no room; it is said again, of every one that is under way.
    const refused = await Promise.allSettled(
      ['a', 'b'].map((key) => database.put('hashed', key, hashed)),
    );
    expect(refused).toMatchObject([
      { status: 'rejected', reason: { code: 'disk-full' } },
      { status: 'rejected', reason: { code: 'disk-full' } },
    ]);
    free();
    expect(await database.all('hashed')).toHaveLength(before);
    await Promise.all(['c', 'd'].map((key) => database.put('hashed', key, hashed)));
    await database.close();

    const again = await openDatabase(data);
    onTestFinished(() => again.database.close());
    expect(again.notice).toBeUndefined();
    expect(await again.database.all('hashed')).toHaveLength(before + 2);
    expect(await again.database.get('hashed', 'd')).toEqual(hashed);
  });
});
