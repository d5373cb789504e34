/**
 * Whatever becomes of the files that say whom to refuse, or whom to take for whom: a peer that cannot read one
 * lets nobody in, says so in one line, and leaves the file as it is.
 */
import { mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { GiB, MiB } from '#src/domain/limits.js';
import { writeSmallFile } from '#src/io/disk/small-file.js';
import { DAMAGES } from '#test/support/file-damages.js';
import { peerOf } from '#test/support/made-up-peers.js';
import { createNetwork } from '#test/support/network.js';

vi.setConfig({ testTimeout: 90_000 });

/** What tells whom to refuse, or whom to take for whom: without it a peer would let in everybody. */
const REFUSING = {
  bans: `${peerOf(1)} ${Date.now() + 1e9}\n`,
  trust: `${peerOf(1)} blocked ["anna","10.0.0.1",27460]\n`,
  trackers: `house:4000 ${peerOf(1)}\n`,
} as const;

const DAMAGES_TO_THESE: typeof DAMAGES = {
  ...DAMAGES,
  'grown beyond all bounds': (path) => truncateSync(path, 3 * GiB),
};

/** Sound to the eye of a digest, as somebody leaves it who edits it and makes the digest anew. */
const NONSENSE: Readonly<Record<string, string>> = {
  'is a line of something else': 'house 4000\n',
  'is JSON of something else': '{"__proto__":{"blocked":[]}}\n',
  'is JSON nested without end': `${peerOf(1)} blocked ${'['.repeat(100_000)}\n`,
  'ends in the middle of a line': peerOf(1),
};

describe.each(Object.keys(REFUSING) as (keyof typeof REFUSING)[])('the file %s', (name) => {
  /** Starts a peer with such a file, and another that hears all there is. */
  async function startedWith(make: (path: string) => void | Promise<void>) {
    const network = await createNetwork(1);
    const home = network.home('one');
    mkdirSync(home.data, { recursive: true });
    const path = join(home.data, name);
    await make(path);
    const settings = { distribution: { enabled: false }, trackers: ['house.invalid:4000'] };
    return { network, home, path, start: () => network.start(home, settings) };
  }

  async function stops({ network, path, start }: Awaited<ReturnType<typeof startedWith>>) {
    const look = () => {
      const found = statSync(path);
      // What is too long is told by its length.
      return found.isFile() && found.size < MiB ? readFileSync(path) : found.size;
    };
    const before = look();
    await expect(start()).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringMatching(new RegExp(`^[^\\n]*${name} [^\\n]*restore it, or [^\\n]*$`)),
    });
    expect(look()).toEqual(before);
    expect(network.peers[0]?.heard.of('peer-up')).toEqual([]);
    expect(network.peers[0]?.peers()).toEqual([]);
  }

  it.each(Object.keys(DAMAGES_TO_THESE))(
    '%s refuses everybody, and stays as it is',
    async (what) => {
      const started = await startedWith(async (path) => {
        await writeSmallFile(path, REFUSING[name]);
        DAMAGES_TO_THESE[what]?.(path);
      });
      await stops(started);
    },
  );

  it.each(Object.keys(NONSENSE))('that %s refuses everybody, and stays as it is', async (what) => {
    await stops(await startedWith((path) => writeSmallFile(path, NONSENSE[what] ?? '')));
  });

  it('is taken from its backup where that is sound', async () => {
    const { start } = await startedWith(async (path) => {
      for (const text of [REFUSING[name], '']) await writeSmallFile(path, text);
      DAMAGES['replaced by garbage']?.(path);
    });
    const peer = await start();
    const refused = peer.peers({ blocked: true }).map(({ peerId }) => peerId);
    expect(refused).toEqual(name === 'trackers' ? [] : [peerOf(1)]);
  });
});
