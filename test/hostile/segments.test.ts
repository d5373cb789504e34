/** Lists of segments that lie: whoever asks for one still gets what the content id proves, and nothing else. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { segmentSizesFor } from '#src/domain/content/content-defined.js';
import {
  GIVES_SEGMENTS,
  PAGE_SEGMENTS,
  SEGMENT_BYTES,
  writeRecord,
} from '#src/domain/content/segment-list.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { noise } from '#test/support/contents.js';
import { type Ask, contentOf, makeSource } from '#test/support/made-source.js';
import { createNetwork, seen, type TestPeer } from '#test/support/network.js';
import { afterAllTests } from '#test/support/teardown.js';

vi.setConfig({ testTimeout: 60_000 });

const OLD = noise(6 * MiB, 3);
const BYTES = OLD.length + 300 * KiB;
const SIZES = segmentSizesFor(BYTES);

/** Lengths that fill the content, each with the hash that `hash` says. */
function listOf(lengthOf: (at: number) => number, hash: (at: number) => Uint8Array): Uint8Array {
  const records = new Uint8Array(Math.ceil(BYTES / SIZES.smallest) * SEGMENT_BYTES);
  let filled = 0;
  for (let at = 0; at < BYTES; filled += SEGMENT_BYTES) {
    const length = Math.min(lengthOf(at), BYTES - at);
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

const teardown = afterAllTests();

let taker: TestPeer;
let lies = 0;

beforeAll(async () => {
  const network = await createNetwork(0, teardown);
  taker = await network.start(network.home('taker'));
});

describe('a list of segments', () => {
  it.each(Object.entries(LISTS))(
    'that %s brings no wrong byte and holds up nothing',
    async (_, segments) => {
      lies += 1;
      const name = `film ${lies}`;
      const fresh = Buffer.concat([noise(300 * KiB, lies), OLD]);
      const content = contentOf(name, { '': fresh });
      const { id } = content.manifest;
      const there = join(taker.home.downloads, name);
      writeFileSync(there, OLD);
      const script = { segments };
      const source = await makeSource(name, [content], [taker], script, ['tcp'], [GIVES_SEGMENTS]);
      await seen(taker, name, 1, id);
      const done = await taker.download(id);
      expect(source.questions).toContain('get-segments');
      expect(readFileSync(done.path).equals(fresh)).toBe(true);
      expect(readFileSync(there).equals(OLD)).toBe(true);
      expect(taker.heard.of('notice').filter(({ code }) => code === 'poison')).toEqual([]);
    },
  );
});
