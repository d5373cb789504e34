/** Sources that stall inside a chunk, hang up, repeat themselves and mix things up: none of it is taken for a lie. */
import { beforeAll, describe, expect, it } from 'vitest';
import { arrives, backTo, type Held, type Scene, warmUp } from '#test/support/fault-scene.js';
import {
  ALL_BUT_THE_LAST,
  CHUNKS,
  liarWith,
  newConvictions,
  newFilm,
  openLiarScene,
} from '#test/support/liars.js';
import { type Ask, framesOf, type Script, spoilt, writeFrame } from '#test/support/made-source.js';
import { afterAllTests } from '#test/support/teardown.js';

let scene: Scene;
let base: Held;

const teardown = afterAllTests();

beforeAll(async () => {
  scene = await openLiarScene(teardown);
  base = await warmUp(scene);
});

describe('a source that does not send a chunk as it should', () => {
  it.each<[string, Script]>([
    ['stalls inside it', { chunk: ({ send, bytes }) => send(bytes.subarray(0, bytes.length / 2)) }],
    [
      'hangs up inside it',
      {
        chunk: ({ send, bytes, hangUp }) => {
          send(bytes.subarray(0, bytes.length / 2));
          hangUp();
        },
      },
    ],
    [
      'sends more of it than there is',
      {
        // The last chunk is a single frame: the byte too many comes with the others.
        have: ({ answer }) => answer({ type: 'have', ranges: [CHUNKS - 1, 1] }),
        chunk: ({ send, bytes }) => send(Buffer.concat([bytes, new Uint8Array(1)])),
      },
    ],
    [
      'sends a frame of it twice',
      {
        have: ALL_BUT_THE_LAST,
        chunk: ({ session, request, bytes }) => {
          const [first, ...rest] = framesOf(bytes, request);
          if (first === undefined) return;
          for (const frame of [first, first, ...rest]) writeFrame(session, frame);
        },
      },
    ],
    [
      'sends it to a request that was never made',
      { chunk: ({ send, bytes }) => send(bytes, 0x7fffffff) },
    ],
    [
      'answers with what was not asked for',
      {
        chunk: ({ answer }) => answer({ type: 'want', ranges: [], holds: [], manifest: false }),
      },
    ],
  ])('and %s holds nobody up', async (_, script) => {
    const film = newFilm(scene);
    const liar = await liarWith(scene, film, script);
    const download = scene.downloader.download(film.name);
    await liar.untilAsked(1);
    await scene.share(film);
    const done = await arrives(scene, film, download);
    expect(done.sources).toMatchObject([{ peerId: scene.honest.peerId, chunks: CHUNKS }]);
    expect(await scene.banned()).toEqual([]);
  });

  it.each<[string, () => (ask: Ask) => void]>([
    [
      'twice',
      () =>
        ({ send, bytes }) => {
          send(bytes);
          send(bytes);
        },
    ],
    [
      'after bytes that nobody asked for',
      () =>
        ({ send, bytes }) => {
          send(spoilt(bytes), 0x7fffffff);
          send(bytes);
        },
    ],
    ['and frames of two at a time', interleaving],
  ])('but right, %s, is a source like others', async (_, script) => {
    const film = newFilm(scene);
    const convicted = newConvictions(scene);
    const odd = await liarWith(scene, film, { chunk: script() });
    const done = await arrives(scene, film, scene.downloader.download(film.name));
    expect(done.sources).toMatchObject([{ peerId: odd.peerId, chunks: CHUNKS }]);
    expect(await convicted()).toEqual([]);
  });

  it('and hangs up after each chunk is asked again, and brings one at a time', async () => {
    const film = newFilm(scene, 3);
    const curt = await liarWith(scene, film, {
      chunk: ({ send, bytes, hangUp }) => {
        send(bytes);
        hangUp();
      },
    });
    const done = await arrives(scene, film, scene.downloader.download(film.name));
    expect(done.sources).toMatchObject([{ peerId: curt.peerId, chunks: 3 }]);
    expect(
      curt.asked.toSorted((left, right) => left - right),
      'none is asked for twice',
    ).toEqual([0, 1, 2]);
  });
});

it('leaves nothing open behind', () => backTo(scene, base), 60_000);

/** Sends the frames of two chunks by turns; the first comes alone, for it is asked for alone. */
function interleaving(): (ask: Ask) => void {
  const waiting: Ask[] = [];
  return (ask) => {
    waiting.push(ask);
    const isLast = ask.nth === CHUNKS - 1;
    if (waiting.length < 2 && ask.nth > 0 && !isLast) return;
    const streams = waiting.splice(0).map(({ bytes, request }) => framesOf(bytes, request));
    const most = Math.max(...streams.map(({ length }) => length));
    for (let at = 0; at < most; at += 1) {
      for (const stream of streams) {
        const frame = stream[at];
        if (frame !== undefined) writeFrame(ask.session, frame);
      }
    }
  };
}
