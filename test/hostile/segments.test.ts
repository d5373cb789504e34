/** Lists of segments that lie: whoever asks for one still gets what the content id proves, and nothing else. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { segmentSizesFor } from '#src/domain/content-defined.js';
import { KiB, MiB } from '#src/domain/limits.js';
import {
  GIVES_SEGMENTS,
  PAGE_SEGMENTS,
  SEGMENT_BYTES,
  writeRecord,
} from '#src/domain/segment-list.js';
import { blake3Of } from '#src/io/blake3.js';
import { noise } from '#test/support/contents.js';
import { type Ask, contentOf, makeSource } from '#test/support/made-source.js';
import { createNetwork, seen } from '#test/support/network.js';

vi.setConfig({ testTimeout: 60_000 });

const OLD = noise(6 * MiB, 3);
const FRESH = Buffer.concat([noise(300 * KiB, 4), OLD]);
const CONTENT = contentOf('film', { '': FRESH });
const SIZES = segmentSizesFor(FRESH.length);

/** Lengths that fill the content, each with the hash that `hash` says. */
function listOf(lengthOf: (at: number) => number, hash: (at: number) => Uint8Array): Uint8Array {
  const records = new Uint8Array(Math.ceil(FRESH.length / SIZES.smallest) * SEGMENT_BYTES);
  let filled = 0;
  for (let at = 0; at < FRESH.length; filled += SEGMENT_BYTES) {
    const length = Math.min(lengthOf(at), FRESH.length - at);
    writeRecord(records, filled, length, hash(at));
    at += length;
  }
  return records.subarray(0, filled);
}

/** What the basis has there: an honest list of something else. */
const ofTheBasis = (at: number) => blake3Of(OLD.subarray(at, at + SIZES.largest));

const LISTS: Readonly<Record<string, (ask: Ask) => void>> = {
  'is noise': ({ answer }) => answer({ type: 'segments', bytes: noise(1000) }),
  'is empty': ({ answer }) => answer({ type: 'segments', bytes: new Uint8Array() }),
  'has hashes of nothing': ({ answer }) =>
    answer({
      type: 'segments',
      bytes: listOf(
        () => SIZES.average,
        (at) => noise(32, at + 1),
      ),
    }),
  'has the same hash everywhere': ({ answer }) =>
    answer({
      type: 'segments',
      bytes: listOf(
        () => SIZES.largest,
        () => ofTheBasis(0),
      ),
    }),
  'is that of another content': ({ answer }) =>
    answer({ type: 'segments', bytes: listOf(() => SIZES.largest, ofTheBasis) }),
  'has segments of no bytes without end': ({ answer }) =>
    answer({ type: 'segments', bytes: new Uint8Array(PAGE_SEGMENTS * SEGMENT_BYTES) }),
  'comes in pages without end': ({ answer }) => {
    const page = new Uint8Array(PAGE_SEGMENTS * SEGMENT_BYTES);
    for (let at = 0; at < page.length; at += SEGMENT_BYTES) {
      writeRecord(page, at, SIZES.smallest, noise(32));
    }
    for (let times = 0; times < 50; times += 1) answer({ type: 'segments', bytes: page });
  },
  'is sent a hundred times': ({ answer }) => {
    const bytes = listOf(() => SIZES.smallest, ofTheBasis);
    for (let times = 0; times < 100; times += 1) answer({ type: 'segments', bytes });
  },
  'never comes': () => undefined,
  'is the end of the connection': ({ hangUp }) => hangUp(),
};

describe('a list of segments', () => {
  it.each(Object.entries(LISTS))(
    'that %s brings no wrong byte and holds up nothing',
    async (_, segments) => {
      const network = await createNetwork(1);
      const [taker] = network.peers as [(typeof network.peers)[0]];
      writeFileSync(join(taker.home.downloads, 'film'), OLD);
      const source = await makeSource(
        'liar',
        [CONTENT],
        [taker],
        { segments },
        ['tcp'],
        [GIVES_SEGMENTS],
      );
      await seen(taker, 'film', 1, CONTENT.manifest.id);
      const done = await taker.download(CONTENT.manifest.id);
      expect(source.questions).toContain('get-segments');
      expect(readFileSync(done.path).equals(FRESH)).toBe(true);
      expect(readFileSync(join(taker.home.downloads, 'film')).equals(OLD)).toBe(true);
      expect(taker.heard.of('notice').filter(({ code }) => code === 'poison')).toEqual([]);
    },
  );
});
