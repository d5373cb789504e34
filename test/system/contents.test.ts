import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import { sha256 } from '#test/support/big-file.js';
import { noise } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, type Network, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';
import { treePrint } from '#test/support/tree-print.js';

const CHUNK = 256 * KiB;

/** As long as a file system lets a name be: in letters of one byte, of two, and of four. */
const LONG_NAMES = ['x'.repeat(255), `${'é'.repeat(127)}x`, `${'😀'.repeat(63)}abc`] as const;

const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1] as const;

const NAMES = [
  'with spaces in it.txt',
  'ünïcödé 文件.bin',
  '-dash',
  '#REF',
  "quote's.txt",
  '.hidden',
  '$(touch pwned) `touch pwned`; touch pwned & .txt',
];

/** A separator elsewhere: no other system could write it. */
const UNSHARABLE = 'back\\slash';

const TREE = {
  'a/b/c/deep.bin': noise(3 * CHUNK + 17, 5),
  'a/b/empty folder/': new Uint8Array(),
  'a/empty.txt': new Uint8Array(),
  'lonely/nested/empty/': new Uint8Array(),
  'small 1.txt': noise(10, 6),
  'small 2.txt': noise(1000, 7),
  'ünï/文件.txt': noise(99, 8),
  [LONG_NAMES[0]]: noise(12, 9),
  [`folder/${LONG_NAMES[1]}`]: noise(13, 10),
};

/** One name each to whoever folds case or how an accent is written. */
const TWINS = {
  '\u00e9.txt': noise(20, 11),
  'e\u0301.txt': noise(21, 12),
  '\u00c9.txt': noise(22, 13),
  'a.txt': noise(23, 14),
  'A.txt': noise(24, 15),
};

let network: Network;
let owner: TestPeer;
let asker: TestPeer;

const teardown = afterAllTests();

beforeAll(async () => {
  network = await createNetwork(2, teardown, {
    prepare({ share }, index) {
      if (index !== 0) return;
      for (const [seed, bytes] of SIZES.entries()) {
        writeTree(share, { [`${bytes} bytes`]: noise(bytes, seed + 20) });
      }
      for (const [seed, name] of [...NAMES, ...LONG_NAMES].entries()) {
        writeTree(share, { [name]: noise(500 + seed, seed) });
      }
      writeTree(join(share, 'the tree'), TREE);
      writeTree(join(share, 'twins'), TWINS);
      mkdirSync(join(share, 'nothing at all'));
      writeTree(share, { [UNSHARABLE]: noise(1) });
    },
  });
  const [first, second] = network.peers;
  if (first === undefined || second === undefined) throw new Error('no peers');
  [owner, asker] = [first, second];
});

describe('what arrives is what was sent', () => {
  it.each(SIZES)('a file of %d bytes', async (bytes) => {
    const name = `${bytes} bytes`;
    const row = await seen(asker, name);

    expect(row).toMatchObject({ bytes, chunks: Math.ceil(bytes / CHUNK), sources: 1 });
    const done = await asker.download(name);

    expect(await sha256(done.path)).toBe(await sha256(join(owner.home.share, name)));
  });

  it.each([...NAMES, ...LONG_NAMES])(
    'a file called %j (Syncthing #767, CVE-2019-13640)',
    async (name) => {
      await seen(asker, name);
      const done = await asker.download(name);
      expect(done.path).toBe(join(asker.home.downloads, name));
      expect(await sha256(done.path)).toBe(await sha256(join(owner.home.share, name)));
    },
  );

  it('but what has a name that no one could take is not shared, and named', async () => {
    const { message } = await owner.heard.until('notice', {
      where: ({ code }) => code === 'skipped',
    });
    expect(message).toContain(UNSHARABLE);
    expect(await owner.list(UNSHARABLE)).toEqual([]);
  });

  it('a directory with nested and empty folders, empty files and names of every kind', async () => {
    const row = await seen(asker, 'the tree');
    expect(row.bytes).toBe(Object.values(TREE).reduce((sum, bytes) => sum + bytes.length, 0));
    const done = await asker.download('the tree');
    expect(treePrint(done.path)).toEqual(treePrint(join(owner.home.share, 'the tree')));
  });

  it.runIf(process.platform === 'linux')(
    'a directory of names that look alike: none is merged, none is missing (ownCloud #12104, Syncthing #8128)',
    async () => {
      await seen(asker, 'twins');
      const done = await asker.download('twins');
      expect(treePrint(done.path)).toEqual(treePrint(join(owner.home.share, 'twins')));
      expect(Object.keys(treePrint(done.path))).toHaveLength(Object.keys(TWINS).length);
    },
  );

  it('a directory with nothing in it', async () => {
    await seen(asker, 'nothing at all');
    const done = await asker.download('nothing at all');
    expect(done).toMatchObject({ bytes: 0 });
    expect(statSync(done.path).isDirectory()).toBe(true);
    expect(treePrint(done.path)).toEqual({});
  });
});
