/** Sources that are gone in the middle, fall silent, come back, or come and go: what is good stays, the rest comes. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import {
  arrives,
  backTo,
  brought,
  broughtBy,
  type Held,
  offered,
  openScene,
  type Scene,
  warmUp,
} from '#test/support/fault-scene.js';
import { writeTree } from '#test/support/folders.js';
import {
  type Ask,
  type Content,
  type Ending,
  join as joinSource,
  type MadeSource,
  makeSource,
} from '#test/support/made-source.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { rounds } from '#test/support/rounds.js';
import { afterAllTests } from '#test/support/teardown.js';

// Who falls silent is waited for: ten seconds where many other tests run.
vi.setConfig({ testTimeout: 60_000 });

const CHUNK = 256 * KiB;
const CHUNKS = 12;
const HALF = CHUNKS / 2;

let scene: Scene;
let base: Held;

const teardown = afterAllTests();

beforeAll(async () => {
  // Silence is told from work within a second or two here, in a minute in life.
  scene = await openScene(teardown, { mesh: { pingMs: 500, deadAfterMs: 1500 } });
  base = await warmUp(scene);
});

function newFilm(chunks = CHUNKS): Content {
  return scene.newFilm(chunks * CHUNK);
}

/** Brings so many chunks, then does something else with each. */
function upTo(count: number, then: (ask: Ask) => void): (ask: Ask) => void {
  return (ask) => {
    if (ask.nth < count) ask.send(ask.bytes);
    else then(ask);
  };
}

/** Every chunk comes from just one of them, and none is asked of the second that the first has brought. */
function expectNoneTwice(first: MadeSource, second: MadeSource, brought: number): void {
  const good = first.asked.slice(0, brought);
  expect(second.asked.filter((index) => good.includes(index))).toEqual([]);
}

describe('when a source disappears in the middle', () => {
  it.each<Ending>(['reset', 'hang up', 'fall silent'])(
    'and its connections %s, the rest comes from another, and only the rest',
    async (how) => {
      const film = newFilm();
      const first = await makeSource(`first of ${film.name}`, [film], [scene.downloader], {
        chunk: upTo(HALF, () => undefined),
      });
      const download = scene.downloader.download(film.name);
      await first.untilAsked(HALF + 1);
      await brought(scene, film, HALF);
      first.end(how);
      const second = await makeSource(`second of ${film.name}`, [film], [scene.downloader]);
      const done = await arrives(scene, film, download);
      expect(broughtBy(done, first.peerId)).toBe(HALF);
      expect(broughtBy(done, second.peerId)).toBe(CHUNKS - HALF);
      expectNoneTwice(first, second, HALF);
      expect(scene.convicted()).toEqual([]);
    },
  );

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'and is a process that got %s, the rest comes from another',
    async (signal) => {
      // Long enough on the way that the signal comes in the middle.
      const film = newFilm(256);
      const home = scene.network.home(`process with ${signal}`);
      writeTree(join(home.share, film.name), film.tree);
      const program = await startPeerProgram(scene.network, home);
      onTestFinished(() => void program.child.kill('SIGKILL'));
      const { peerId } = await program.heard.until('ready');
      await offered(scene.downloader, film);
      const download = scene.downloader.download(film.name);
      await brought(scene, film, 1);
      program.child.kill(signal);
      await scene.share(film);
      const done = await arrives(scene, film, download);
      expect(broughtBy(done, peerId)).toBeGreaterThan(0);
      expect(scene.convicted()).toEqual([]);
      await scene.downloader.heard.until('peer-down', { where: (down) => down.peerId === peerId });
    },
  );
});

describe('when all sources are gone', () => {
  it('the download waits, says so, and goes on with the first that comes back', async () => {
    const film = newFilm();
    const two = await Promise.all(
      ['one', 'two'].map((name) =>
        makeSource(`${name} of ${film.name}`, [film], [scene.downloader], {
          chunk: upTo(2, () => undefined),
        }),
      ),
    );
    const [first, second] = two;
    if (first === undefined || second === undefined) throw new Error('there are two');
    const waits: string[] = [];
    const download = scene.downloader.download(film.name);
    download.progress.subscribe((event) => {
      if (event.type === 'download-waiting') waits.push(event.reason);
    });
    await Promise.all(two.map((source) => source.untilAsked(3)));
    await brought(scene, film, 4);
    const good = two.flatMap(({ asked }) => asked.slice(0, 2));
    await Promise.all(two.map((source) => source.vanish()));
    await scene.downloader.heard.until('download-waiting', {
      where: ({ id }) => id === film.manifest.id,
    });
    second.asked.length = 0;
    second.play({});
    await second.open();
    await joinSource(second, scene.downloader);
    const done = await arrives(scene, film, download);
    expect(waits).toEqual(['sources']);
    expect(second.asked.filter((index) => good.includes(index))).toEqual([]);
    expect(broughtBy(done, first.peerId)).toBe(2);
    expect(broughtBy(done, second.peerId)).toBe(CHUNKS - 2);
  });

  it('one that was asked for by name is not found, and what arrived serves the next try', async () => {
    const film = newFilm();
    const gone = await makeSource(`gone of ${film.name}`, [film], [scene.downloader], {
      chunk: upTo(HALF, () => undefined),
    });
    const giveUp = new AbortController();
    const download = scene.downloader.download(film.name, { signal: giveUp.signal });
    await gone.untilAsked(HALF + 1);
    await brought(scene, film, HALF);
    giveUp.abort();
    await expect(download).rejects.toMatchObject({ code: 'cancelled' });
    await gone.vanish();
    await scene.downloader.heard.until('peer-down', {
      where: ({ peerId }) => peerId === gone.peerId,
    });
    const from = scene.downloader.download(film.name, { from: gone.name });
    await expect(from).rejects.toMatchObject({ code: 'not-found' });
    await scene.share(film);
    await offered(scene.downloader, film);
    const done = await scene.downloader.download(film.name);
    expect(done.sources).toMatchObject([{ peerId: scene.honest.peerId, chunks: CHUNKS - HALF }]);
    await scene.oracle.check();
  });
});

it('sources that come and go bring it all the same', async () => {
  const lives = rounds({ small: 3, full: 40 });
  const film = newFilm(lives * 2);
  // Two chunks in each life, and then it is gone.
  const restless = await makeSource('restless', [film], [scene.downloader], {
    chunk: upTo(2, () => undefined),
  });
  const download = scene.downloader.download(film.name);
  for (let life = 1; life < lives; life += 1) {
    await restless.untilAsked(3);
    await brought(scene, film, 2 * life);
    await restless.vanish();
    await scene.downloader.heard.until('peer-down', {
      from: scene.downloader.heard.all.findLastIndex(
        (told) => told.type === 'peer-up' && told.peerId === restless.peerId,
      ),
      where: ({ peerId }) => peerId === restless.peerId,
    });
    restless.asked.length = 0;
    await restless.open();
    await joinSource(restless, scene.downloader);
  }
  const done = await arrives(scene, film, download);
  expect(done.sources).toMatchObject([{ peerId: restless.peerId, chunks: lives * 2 }]);
}, 300_000);

it('leaves nothing open behind', () => backTo(scene, base), 60_000);
