/**
 * Sources that lie about what they have, and send what is wrong, too much or never whole. Whatever they do, the
 * file is right; who sent what its proof contradicts is convicted, and nobody else.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import {
  arrives,
  backTo,
  broughtBy,
  held,
  offered,
  type Scene,
} from '#test/support/fault-scene.js';
import {
  ALL_BUT_THE_LAST,
  CHUNKS,
  liarWith,
  newConvictions,
  newFilm,
  openLiarScene,
} from '#test/support/liars.js';
import {
  type Ask,
  framesOf,
  makeSource,
  type Script,
  SILENT,
  spoilt,
  writeFrame,
} from '#test/support/made-source.js';
import { rounds } from '#test/support/rounds.js';
import { afterAllTests } from '#test/support/teardown.js';

let scene: Scene;

/** Those that earlier tests had banned rightly. */
const alreadyBanned: PeerId[] = [];

const teardown = afterAllTests();

beforeAll(async () => {
  scene = await openLiarScene(teardown);
});

describe('a source that sends wrong data', () => {
  it.each([
    ['always', ({ send, bytes }: Ask) => send(spoilt(bytes))],
    ['in the last byte', ({ send, bytes }: Ask) => send(spoilt(bytes, bytes.length - 1))],
    ['that is nothing but zeros', ({ send, bytes }: Ask) => send(new Uint8Array(bytes.length))],
    [
      'whose frames are in a wrong order',
      ({ session, request, bytes }: Ask) => {
        for (const frame of framesOf(bytes, request).toReversed()) writeFrame(session, frame);
      },
    ],
  ])('%s is convicted by its first chunk, and the film comes from another', async (_, chunk) => {
    const film = newFilm(scene);
    const convicted = newConvictions(scene, alreadyBanned);
    const liar = await liarWith(scene, film, { have: ALL_BUT_THE_LAST, chunk });
    const download = scene.downloader.download(film.name);
    await liar.untilAsked(1);
    await scene.share(film);
    const done = await arrives(scene, film, download);
    expect(done.sources).toMatchObject([{ peerId: scene.honest.peerId, chunks: CHUNKS }]);
    expect(liar.asked).toHaveLength(1);
    expect(await convicted()).toEqual([liar.name]);
  });

  it('in the last chunk only is convicted by it; what it brought before is kept', async () => {
    const film = newFilm(scene);
    const convicted = newConvictions(scene, alreadyBanned);
    const liar = await liarWith(scene, film, {
      chunk: ({ send, bytes, index }) => send(index === CHUNKS - 1 ? spoilt(bytes) : bytes),
    });
    const download = scene.downloader.download(film.name);
    await scene.downloader.heard.until('notice', {
      where: ({ code, message }) => code === 'poison' && message.includes(liar.name),
    });
    await scene.share(film);
    const done = await arrives(scene, film, download);
    expect(broughtBy(done, scene.honest.peerId)).toBeGreaterThanOrEqual(1);
    expect(new Set(liar.asked)).toContain(CHUNKS - 1);
    expect(await convicted()).toEqual([liar.name]);
  });

  it('of another kind to each asker is convicted by each of them', async () => {
    const film = newFilm(scene);
    const other = await scene.network.start(scene.network.home('another downloader'));
    onTestFinished(() => other.close().then(() => undefined));
    const seen: Uint8Array[] = [];
    const liar = await makeSource('two-faced', [film], [scene.downloader, other], {
      chunk: ({ send, bytes, nth }) => {
        const lie = spoilt(bytes, nth);
        seen.push(lie);
        send(lie);
      },
    });
    const downloads = [scene.downloader.download(film.name), other.download(film.name)] as const;
    await liar.untilAsked(2);
    await scene.share(film);
    await arrives(scene, film, downloads[0]);
    const { path } = await downloads[1];
    expect(Buffer.compare(readFileSync(path), film.tree[''] ?? new Uint8Array())).toBe(0);
    for (const { heard } of [scene.downloader, other]) {
      const notices = heard.of('notice').filter(({ message }) => message.includes(liar.name));
      expect(notices).toMatchObject([{ code: 'poison' }]);
    }
    expect(seen).toHaveLength(2);
  });

  it('once in a hundred chunks, one source of eight, is banned at its third lie, and no other (smart_ban)', async () => {
    const { downloader } = scene;
    const three = [newFilm(scene, 100), newFilm(scene, 100), newFilm(scene, 100)];
    const before = scene.convicted().length;
    // The others wait until it was asked, so that it has its say in every film.
    const hasLied = new Map(three.map(({ name }) => [name, newGate()]));
    const liar = await makeSource('poisoner', three, [downloader], {
      chunk: ({ send, bytes, content }) => {
        const gate = hasLied.get(content.name);
        send(gate?.isOpen === false ? spoilt(bytes) : bytes);
        gate?.open();
      },
    });
    const others = await Promise.all(
      Array.from({ length: 6 }, (_, at) =>
        makeSource(`honest ${at}`, three, [downloader], {
          chunk: ({ send, bytes, content }) =>
            void hasLied.get(content.name)?.opened.then(() => send(bytes)),
        }),
      ),
    );
    for (const [at, film] of three.entries()) {
      liar.asked.length = 0;
      const download = downloader.download(film.name);
      await hasLied.get(film.name)?.opened;
      await scene.share(film);
      const done = await arrives(scene, film, download);
      expect(scene.convicted().slice(before)).toHaveLength(at + 1);
      expect(broughtBy(done, liar.peerId)).toBe(0);
    }
    expect(new Set(scene.convicted().slice(before))).toEqual(new Set([liar.name]));
    await downloader.heard.until('peer-down', {
      where: ({ peerId, reason }) => peerId === liar.peerId && reason === 'blocked',
    });
    alreadyBanned.push(liar.peerId);
    expect(await scene.banned()).toEqual([liar.peerId]);
    expect(others.every(({ asked }) => asked.length > 0)).toBe(true);
  });
});

describe('a source that lies about what it has', () => {
  it.each<[string, Script, number]>([
    [
      'claims all and refuses every chunk',
      { chunk: ({ answer }) => answer({ type: 'refused', reason: 'absent' }) },
      CHUNKS,
    ],
    [
      'claims all and is always busy',
      { chunk: ({ answer }) => answer({ type: 'refused', reason: 'busy' }) },
      1,
    ],
    ['claims all and never sends a chunk', { chunk: () => undefined }, 1],
    ['never says what it has', { have: () => undefined }, 0],
    ['says that it has nothing', { have: ({ answer }) => answer({ type: 'have', ranges: [] }) }, 0],
    [
      'has chunks that there are not',
      { have: ({ answer }) => answer({ type: 'have', ranges: [0, CHUNKS + 1] }) },
      0,
    ],
    [
      'lets go of the content when it is asked what it has of it',
      { have: ({ answer }) => answer({ type: 'refused', reason: 'unknown' }) },
      0,
    ],
  ])('and %s holds nobody up and is not convicted', async (_, script, asked) => {
    const film = newFilm(scene);
    const convicted = newConvictions(scene, alreadyBanned);
    const liar = await liarWith(scene, film, script);
    const download = scene.downloader.download(film.name);
    await liar.untilQuestioned('get-have');
    await liar.untilAsked(asked);
    await scene.share(film);
    const done = await arrives(scene, film, download);
    expect(done.sources).toMatchObject([{ peerId: scene.honest.peerId, chunks: CHUNKS }]);
    expect(await convicted()).toEqual([]);
  });

  it('and claims all, but refuses every chunk, is asked once for each', async () => {
    const film = newFilm(scene);
    const liar = await liarWith(scene, film, {
      chunk: ({ answer }) => answer({ type: 'refused', reason: 'absent' }),
    });
    const download = scene.downloader.download(film.name);
    await liar.untilAsked(CHUNKS);
    await scene.share(film);
    await arrives(scene, film, download);
    expect(liar.asked.toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: CHUNKS }, (__, at) => at),
    );
  });

  it('and was too busy to say what it has is asked again', async () => {
    const film = newFilm(scene);
    let refused = 0;
    const busy = await liarWith(scene, film, {
      have: ({ answer, content }) => {
        refused += 1;
        if (refused === 1) answer({ type: 'refused', reason: 'busy' });
        else answer({ type: 'have', ranges: [0, content.manifest.layout.chunks] });
      },
    });
    const done = await arrives(scene, film, scene.downloader.download(film.name));
    expect(done.sources).toMatchObject([{ peerId: busy.peerId, chunks: CHUNKS }]);
    expect(refused).toBe(2);
  });

  it('and gains chunks one by one is followed to the last', async () => {
    const film = newFilm(scene);
    const grows = (ask: Ask) =>
      ask.session.send({ type: 'have', ranges: [0, Math.min(CHUNKS, ask.nth + 2)] }, following);
    let following = 0;
    const slow = await liarWith(scene, film, {
      have: (ask) => {
        following = ask.request;
        ask.answer({ type: 'have', ranges: [0, 1] });
      },
      chunk: (ask) => {
        ask.send(ask.bytes);
        grows(ask);
      },
    });
    const done = await arrives(scene, film, scene.downloader.download(film.name));
    expect(done.sources).toMatchObject([{ peerId: slow.peerId, chunks: CHUNKS }]);
    expect(slow.asked).toEqual(Array.from({ length: CHUNKS }, (_, at) => at));
  });

  it('and withdraws the content after three chunks has brought three', async () => {
    const film = newFilm(scene);
    const fickle = await liarWith(scene, film, {
      chunk: ({ send, bytes, nth, answer, source, content }) => {
        if (nth < 3) send(bytes);
        else answer({ type: 'refused', reason: 'absent' });
        if (nth === 3) source.withdraw(content);
      },
    });
    const download = scene.downloader.download(film.name);
    await fickle.untilAsked(CHUNKS);
    await scene.share(film);
    const done = await arrives(scene, film, download);
    expect(broughtBy(done, fickle.peerId)).toBe(3);
    await offered(scene.downloader, film);
  });

  // It takes as long as a source may give nothing while another waits for its slot.
  it.runIf(rounds({ small: 0, full: 1 }) > 0)(
    'and holds a slot for nothing makes room for an honest one',
    async () => {
      const film = newFilm(scene);
      const idlers = await Promise.all(
        Array.from({ length: 7 }, () => liarWith(scene, film, SILENT)),
      );
      const download = scene.downloader.download(film.name);
      for (const idler of idlers) await idler.untilQuestioned('get-root');
      await scene.share(film);
      const done = await arrives(scene, film, download);
      expect(done.sources).toMatchObject([{ peerId: scene.honest.peerId, chunks: CHUNKS }]);
    },
    60_000,
  );
});

it('leaves nothing behind, however often sources lie', async () => {
  const round = async () => {
    const film = newFilm(scene);
    const scripts: readonly Script[] = [
      { chunk: ({ send, bytes }) => send(spoilt(bytes)) },
      { chunk: ({ send, bytes }) => send(bytes.subarray(0, 1000)) },
      { chunk: () => undefined },
    ];
    const liars = await Promise.all(scripts.map((script) => liarWith(scene, film, script)));
    const download = scene.downloader.download(film.name);
    for (const liar of liars) await liar.untilAsked(1);
    await scene.share(film);
    await arrives(scene, film, download);
    await Promise.all(liars.map((liar) => liar.vanish()));
  };
  await round();
  const before = held(scene);
  for (let left = rounds({ small: 1, full: 50 }); left > 0; left -= 1) await round();
  await backTo(scene, before);
}, 300_000);

type Gate = { isOpen: boolean; readonly opened: Promise<void>; readonly open: () => void };

function newGate(): Gate {
  let resolve = () => {};
  const opened = new Promise<void>((done) => {
    resolve = done;
  });
  const gate: Gate = {
    isOpen: false,
    opened,
    open: () => {
      gate.isOpen = true;
      resolve();
    },
  };
  return gate;
}
