/** Sources whose description of a content is missing, late, wrong or made to attack, and two contents of one name. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { pagesOf } from '#src/domain/content/manifest.js';
import { KiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import {
  arrives,
  backTo,
  type Held,
  offered,
  openScene,
  type Scene,
  warmUp,
} from '#test/support/fault-scene.js';
import {
  type Content,
  contentOf,
  makeSource,
  type Script,
  spoilt,
} from '#test/support/made-source.js';
import { afterAllTests } from '#test/support/teardown.js';

let scene: Scene;
let base: Held;
let folders = 0;

const teardown = afterAllTests();

beforeAll(async () => {
  scene = await openScene(teardown);
  base = await warmUp(scene);
});

function newFolder(more: Readonly<Record<string, Uint8Array>> = {}): Content {
  folders += 1;
  const content = contentOf(`folder ${folders}`, {
    'a.bin': noise(300 * KiB, folders),
    'notes/b.txt': noise(1000, folders + 1),
    ...more,
  });
  scene.expect(content);
  return content;
}

const otherRoot = pagesOf(contentOf('another', { '': noise(10) }).manifest).root;

describe('a source whose manifest', () => {
  it.each<[string, Script]>([
    ['has another root', { root: ({ answer }) => answer({ type: 'root', bytes: otherRoot }) }],
    ['has a root of nothing', { root: ({ answer }) => answer({ type: 'root', bytes: noise(5) }) }],
    [
      'has a wrong page',
      { page: ({ answer, bytes }) => answer({ type: 'page', bytes: spoilt(bytes) }) },
    ],
    [
      'has its pages in a wrong order',
      {
        page: ({ answer, content, index }) => {
          const pages = pagesOf(content.manifest).pages.toReversed();
          answer({ type: 'page', bytes: pages[index] ?? new Uint8Array() });
        },
      },
    ],
  ])('%s is convicted, and the content comes from another', async (_, script) => {
    const folder = newFolder();
    const before = scene.convicted().length;
    const liar = await makeSource(`liar of ${folder.name}`, [folder], [scene.downloader], script);
    const download = scene.downloader.download(folder.name);
    await scene.downloader.heard.until('notice', {
      where: ({ code, message }) => code === 'poison' && message.includes(liar.name),
    });
    await scene.share(folder);
    const done = await arrives(scene, folder, download);
    expect(done.sources).toMatchObject([{ peerId: scene.honest.peerId }]);
    expect(scene.convicted().slice(before)).toEqual([liar.name]);
    expect(await scene.banned()).not.toContain(liar.peerId);
    expect(liar.asked).toEqual([]);
  });

  it('never comes whole holds nobody up, and is not convicted', async () => {
    const scripts: readonly Script[] = [
      { root: () => undefined },
      { page: () => undefined },
      { page: ({ answer, bytes, index }) => index === 0 && answer({ type: 'page', bytes }) },
      { page: ({ answer }) => answer({ type: 'refused', reason: 'absent' }) },
    ];
    const before = scene.convicted().length;
    await Promise.all(
      scripts.map(async (script) => {
        const folder = newFolder();
        const liar = await makeSource(`half ${folder.name}`, [folder], [scene.downloader], script);
        const download = scene.downloader.download(folder.name);
        await liar.untilQuestioned('get-root');
        await scene.share(folder);
        await arrives(scene, folder, download);
      }),
    );
    expect(scene.convicted().slice(before)).toEqual([]);
  });

  it.each(['../escape.txt', 'a/../../escape.txt', '.p2p-partial/x'])(
    'has the path %s is banned at once, and nothing of it is written',
    async (path) => {
      folders += 1;
      const name = `trap ${folders}`;
      const trap = contentOf(name, { 'a.bin': noise(1000, folders), [path]: noise(1000, 7) });
      const attacker = await makeSource(`attacker ${folders}`, [trap], [scene.downloader]);
      const banned = await scene.banned();
      const giveUp = new AbortController();
      const download = scene.downloader.download(name, { signal: giveUp.signal });
      const { message } = await scene.downloader.heard.until('notice', {
        where: (notice) => notice.code === 'poison' && notice.message.includes(attacker.name),
      });
      expect(message).toContain('made to attack: it is banned for a day');
      await scene.downloader.heard.until('peer-down', {
        where: ({ peerId, reason }) => peerId === attacker.peerId && reason === 'blocked',
      });
      // The list is written in its own time.
      await vi.waitFor(
        async () => expect(await scene.banned()).toEqual([...banned, attacker.peerId]),
        { timeout: 20_000 },
      );
      giveUp.abort();
      await expect(download).rejects.toMatchObject({ code: 'cancelled' });
      expect(attacker.asked).toEqual([]);
      await scene.oracle.check();
    },
  );
});

it('two contents of one name are told apart, and each comes whole when it is asked for', async () => {
  const one = contentOf('same name', { '': noise(600 * KiB, 1001) });
  const two = contentOf('same name', { '': noise(600 * KiB, 1002) });
  const [first, second] = await Promise.all([
    makeSource('first of two', [one], [scene.downloader]),
    makeSource('second of two', [two], [scene.downloader]),
  ]);
  await offered(scene.downloader, one);
  await offered(scene.downloader, two);
  await expect(scene.downloader.download('same name')).rejects.toMatchObject({
    code: 'ambiguous',
    trouble: {
      candidates: expect.arrayContaining([
        expect.objectContaining({ id: one.manifest.id, peers: [first.peerId] }),
        expect.objectContaining({ id: two.manifest.id, peers: [second.peerId] }),
      ]),
    },
  });
  scene.expect(one);
  await arrives(scene, one, scene.downloader.download('same name', { from: first.name }));
  scene.expect({ ...two, name: 'other name' });
  const to = join(scene.downloader.home.downloads, 'other name');
  await arrives(scene, two, scene.downloader.download(two.manifest.id, { to }));
  expect(scene.convicted()).not.toContain(first.name);
  expect(scene.convicted()).not.toContain(second.name);
});

it('leaves nothing open behind', () => backTo(scene, base), 60_000);
