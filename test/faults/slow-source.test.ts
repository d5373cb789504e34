/** One source of five crawls at 1 kB/s: the others do not wait for it. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { chunkBytesFor } from '#src/domain/content/chunk-size.js';
import { KiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { type Plan, runDownload, type SourcePlan } from '#test/support/download-network.js';
import { arrives, openScene } from '#test/support/fault-scene.js';
import { contentOf, framesOf, makeSource, writeFrame } from '#test/support/made-source.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';

/** Of fewer chunks each takes so much of the time that to ask for one once more is a fifth of all. */
const FEWEST = 160;

/** From 1 to 100 MB/s each, contents that take from two seconds to two minutes, in chunks as contents have them. */
function swarmOf(seed: number): Plan {
  const random = randomFrom(seed);
  const rate = 1000 * 100 ** random();
  const bytes = Math.max(FEWEST * 256 * KiB, 4 * rate * 2000 * 60 ** random());
  const chunkBytes = chunkBytesFor(bytes);
  const chunks = Math.ceil(bytes / chunkBytes);
  const fast: SourcePlan = { has: [0, chunks], rate, delayMs: 1 + Math.floor(random() * 20) };
  const sources = Array.from({ length: 4 }, () => fast);
  return { chunks, chunkBytes, slots: 6, sources, random };
}

describe('a download from five sources', () => {
  it.each(Array.from({ length: rounds({ small: 5, full: 100 }) }, (_, seed) => seed))(
    'of which one crawls, takes at most 1.2 times as long as without it: seed %i (Transmission #8935, qBittorrent #572)',
    (seed) => {
      const without = runDownload(swarmOf(seed));
      expect(without.end).toBe('finish');
      const { sources, ...swarm } = swarmOf(seed);
      const [fast] = sources;
      if (fast === undefined) throw new Error('there are four');
      // From the start, in the middle, and when only the last chunks are missing.
      for (const part of [0, 0.3, 0.7]) {
        const slow = { ...fast, slows: { at: part * without.ms, rate: 1 } };
        const among = runDownload({ ...swarm, sources: [slow, ...sources] });
        expect(among.end).toBe('finish');
        expect(among.ms, `from ${slow.slows.at} ms on`).toBeLessThanOrEqual(1.2 * without.ms);
      }
    },
  );

  it('of which one crawls, does not wait for the chunk that it was asked for', async () => {
    const scene = await openScene((clean) => onTestFinished(clean));
    const film = contentOf('film', { '': noise(64 * 256 * KiB) });
    scene.expect(film);
    const crawling = new AbortController();
    onTestFinished(() => crawling.abort());
    // Its first chunk alone would take four minutes.
    const slow = await makeSource('slow', [film], [scene.downloader], {
      chunk: ({ session, request, bytes }) => {
        const frames = framesOf(bytes, request, 100)[Symbol.iterator]();
        const crawl = setInterval(() => {
          const { value } = frames.next();
          if (value !== undefined) writeFrame(session, value);
        }, 100);
        crawling.signal.addEventListener('abort', () => clearInterval(crawl));
      },
    });
    const download = scene.downloader.download(film.name);
    await slow.untilAsked(1);
    const others = Array.from({ length: 3 }, (_, at) =>
      makeSource(`fast ${at}`, [film], [scene.downloader]),
    );
    await Promise.all([...others, scene.share(film)]);
    const done = await arrives(scene, film, download);
    expect(done.sources.map(({ peerId }) => peerId)).not.toContain(slow.peerId);
    expect(scene.convicted()).toEqual([]);
  });
});
