/**
 * A shared file is changed behind its owner's back, its size and time put back as they were. What was hashed never
 * leaves wrong: the downloader gets the old content, the new one under its own id, or neither; never a mix, and
 * the owner is not taken for a liar.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import type { Download } from '#src/peer/api.js';
import { noise } from '#test/support/contents.js';
import {
  arrives,
  backTo,
  brought,
  type Held,
  offered,
  openScene,
  type Scene,
  warmUp,
} from '#test/support/fault-scene.js';
import { type Content, contentOf, makeSource } from '#test/support/made-source.js';
import { afterAllTests } from '#test/support/teardown.js';

const CHUNK = 256 * KiB;
const CHUNKS = 16;
const HALF = CHUNKS / 2;

let scene: Scene;
let base: Held;
let others = 0;

const teardown = afterAllTests();

beforeAll(async () => {
  scene = await openScene(teardown, { transfer: { timeoutMs: 3000 } });
  base = await warmUp(scene);
});

function newFilm(): Content {
  return scene.newFilm(CHUNKS * CHUNK);
}

/** As many as a film has, and never the same. */
function otherBytes(): Uint8Array {
  others += 1;
  return noise(CHUNKS * CHUNK, 1000 + others);
}

/** Does something to a file and lets it look as before to whoever looks at its size and its time only. */
function behindItsBack(path: string, change: () => void): void {
  const { size, atime, mtime } = statSync(path);
  change();
  truncateSync(path, size);
  utimesSync(path, atime, mtime);
  expect(statSync(path)).toMatchObject({ size, mtime });
}

/** Writes other bytes over all of it, in its place. */
function overwrite(path: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, otherBytes());
  closeSync(file);
}

type Change = readonly [string, (path: string) => void];

const HIDDEN: readonly Change[] = [
  ['overwritten', (path) => behindItsBack(path, () => overwrite(path))],
  [
    'changed in its last byte',
    (path) =>
      behindItsBack(path, () => {
        const file = openSync(path, 'r+');
        writeSync(file, otherBytes(), 0, 1, CHUNKS * CHUNK - 1);
        closeSync(file);
      }),
  ],
  ['truncated and filled with zeros', (path) => behindItsBack(path, () => truncateSync(path, 0))],
  [
    'replaced by another file',
    (path) => {
      const { atime, mtime } = statSync(path);
      writeFileSync(`${path}.new`, otherBytes());
      utimesSync(`${path}.new`, atime, mtime);
      renameSync(`${path}.new`, path);
    },
  ],
];

const OPEN: readonly Change[] = [
  ['deleted', (path) => rmSync(path)],
  ['truncated', (path) => truncateSync(path, CHUNK + 1)],
  [
    'replaced by a directory',
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
  [
    'replaced by a link',
    (path) => {
      renameSync(path, `${path} elsewhere`);
      symlinkSync(`${path} elsewhere`, path);
    },
  ],
  [
    'replaced by a pipe that nobody writes to',
    (path) => {
      rmSync(path);
      execFileSync('mkfifo', [path]);
    },
  ],
  ['made unreadable', (path) => chmodSync(path, 0)],
];

/** It fails clearly: nobody has the old content any more. */
async function refused(download: Download, what: string): Promise<void> {
  await expect(download, what).rejects.toMatchObject({
    code: expect.stringMatching(/^(no-sources|timed-out|not-found)$/),
  });
}

function expectNoLiar(): void {
  expect(scene.convicted(), 'the owner is no liar').toEqual([]);
}

/** Shares one film for each change, and makes it once the downloader has heard of them all. */
async function changedShares(changes: readonly Change[]) {
  const shares = await Promise.all(
    changes.map(async ([what, change]) => {
      const film = newFilm();
      return { what, change, film, path: await scene.share(film) };
    }),
  );
  for (const { film } of shares) await offered(scene.downloader, film);
  for (const { change, path } of shares) change(path);
  return shares;
}

describe('a shared file that is changed between downloads', () => {
  it('with its size and time put back leaves under its new id only, and whole', async () => {
    const shares = await changedShares(HIDDEN);
    await Promise.all(
      shares.map(({ film, what }) => refused(scene.downloader.download(film.manifest.id), what)),
    );
    for (const { film, path } of shares) {
      const now = contentOf(film.name, { '': new Uint8Array(readFileSync(path)) });
      scene.expect(now);
      await offered(scene.downloader, now);
      const done = await arrives(scene, now, scene.downloader.download(now.manifest.id));
      expect(done.sources).toMatchObject([
        { peerId: scene.honest.peerId, chunks: now.manifest.layout.chunks },
      ]);
    }
    expectNoLiar();
  });

  it('and is gone, short or no file any more does not leave under its old id', async () => {
    const shares = await changedShares(OPEN);
    await Promise.all(
      shares.map(async ({ film, what }) => {
        const download = scene.downloader.download(film.manifest.id);
        // Root reads what nobody may read.
        if (what === 'made unreadable' && process.getuid?.() === 0) {
          await arrives(scene, film, download);
        } else await refused(download, what);
      }),
    );
    await scene.oracle.check();
    expectNoLiar();
  });
});

describe('a shared file that is changed during a download', () => {
  it.each([...HIDDEN, ...OPEN])(
    'and was %s is not mixed with what left before; the rest comes from who still has it',
    async (_, change) => {
      const film = newFilm();
      // It gives the first half and then waits: the owner has the other.
      const half = await makeSource(`half of ${film.name}`, [film], [scene.downloader], {
        have: ({ answer }) => answer({ type: 'have', ranges: [0, HALF] }),
      });
      const download = scene.downloader.download(film.name);
      await brought(scene, film, HALF);
      const path = await scene.share(film);
      change(path);
      half.withdraw(film);
      const whole = await makeSource(`all of ${film.name}`, [film], [scene.downloader]);
      const done = await arrives(scene, film, download);
      expect(done.sources.map(({ peerId }) => peerId)).toContain(half.peerId);
      expect([whole.peerId, scene.honest.peerId]).toContain(done.sources.at(-1)?.peerId);
      expectNoLiar();
    },
  );

  it('while it is read, again and again, leaves old or not at all', async () => {
    const film = newFilm();
    const path = await scene.share(film);
    await offered(scene.downloader, film);
    const file = openSync(path, 'r+');
    onTestFinished(() => closeSync(file));
    const { atime, mtime } = statSync(path);
    let isCut = false;
    // Cut off and filled again all the time, now and then in the middle of a read.
    const torment = setInterval(() => {
      ftruncateSync(file, isCut ? CHUNKS * CHUNK : CHUNK / 2);
      isCut = !isCut;
      utimesSync(path, atime, mtime);
    }, 1);
    const download = scene.downloader.download(film.manifest.id);
    const outcome = await download.then(
      () => 'old',
      (error: { code: string }) => error.code,
    );
    clearInterval(torment);
    expect(['old', 'no-sources', 'timed-out', 'not-found']).toContain(outcome);
    await scene.oracle.check();
    expectNoLiar();
  });
});

it('leaves nothing open behind', () => backTo(scene, base), 60_000);
