/** Disks that are really full, at every stage; only root may mount them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { noise } from '#test/support/contents.js';
import { contentOf, type MadeSource, makeSource, type Script } from '#test/support/made-source.js';
import { createNetwork, type Network, type PeerHome } from '#test/support/network.js';
import { createOracle, type Oracle } from '#test/support/oracle.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import type { Program } from '#test/support/program.js';
import { fill, smallDisk } from '#test/support/small-disk.js';

vi.setConfig({ testTimeout: 120_000 });

const FILM_BYTES = 16 * MiB;
/** What a download has when its disk fills up. */
const CHUNKS_BEFORE = 4;
/** The film and what a download leaves free for others, with room to begin. */
const DOWNLOADS_BYTES = 700 * MiB;
const DATA_BYTES = 4 * MiB;

const ROOT_ONLY = 'only root may mount a small disk to fill';

type Scene = {
  readonly home: PeerHome;
  readonly oracle: Oracle;
  readonly start: () => Promise<Program>;
};

/** @param film the SHA-256 of what may be downloaded. */
async function scene(network: Network, film: string): Promise<Scene> {
  const home = network.home('small');
  // Its settings lie there from the first start on.
  const start = () =>
    startPeerProgram(network, home, {
      transfer: { timeoutMs: 20_000 },
      downloads: { folder: home.downloads, resumeAtStart: false },
    });
  const oracle = await createOracle({
    root: home.downloads,
    downloads: [join(home.downloads, 'here')],
    expected: new Map([['film', film]]),
    ignored: [join(home.downloads, '.p2p-partial'), join(home.downloads, 'filler')],
  });
  return { home, oracle, start };
}

/** Gives the first chunks at once, and the others when it is told to. */
function halting(): { readonly script: Script; readonly goOn: () => void } {
  const waiting: (() => void)[] = [];
  let isHalted = true;
  const script: Script = {
    chunk: ({ nth, send, bytes }) => {
      if (isHalted && nth >= CHUNKS_BEFORE) waiting.push(() => send(bytes));
      else send(bytes);
    },
  };
  const goOn = () => {
    isHalted = false;
    for (const give of waiting.splice(0)) give();
  };
  return { script, goOn };
}

async function download(program: Program, home: PeerHome, ref: string) {
  program.send(`download film --to "${join(home.downloads, 'here', 'film')}" #${ref}`);
  return answer(program, ref);
}

function answer(program: Program, ref: string) {
  const where = (line: Line) => 'ref' in line && line.ref === ref;
  const options = { where: where as never, withinMs: 60_000 };
  const { heard } = program;
  return Promise.race([
    heard.until('download-completed', options),
    heard.until('download-failed', options),
    heard.until('error', options),
  ]);
}

async function meet(program: Program, source: MadeSource): Promise<void> {
  program.send(`add ${source.address}`);
  await program.heard.until('peer-up', { where: ({ peerId }) => peerId === source.peerId });
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function leave(program: Program): Promise<void> {
  expect(program.stderr()).not.toMatch(/^ +at /m);
  program.send('exit');
  expect(await program.exit).toEqual({ code: 0, signal: null });
}

describe.skipIf(process.platform !== 'linux')('a disk that fills up', () => {
  it('in the middle of a download ends it with a word, and it goes on once there is room', async (context) => {
    const network = await createNetwork(0);
    const bytes = noise(FILM_BYTES);
    const film = contentOf('film', { '': bytes });
    const { home, oracle, start } = await scene(network, hashOf(bytes));
    if (!smallDisk(join(home.downloads, 'here'), DOWNLOADS_BYTES)) context.skip(ROOT_ONLY);
    const { script, goOn } = halting();
    const source = await makeSource('owner', [film], [], script);
    const program = await start();
    await meet(program, source);
    const first = download(program, home, 'first');
    await program.heard.until('download-progress', { where: ({ have }) => have === CHUNKS_BEFORE });
    const free = fill(join(home.downloads, 'here'));
    goOn();
    expect(await first).toMatchObject({ type: 'download-failed', code: 'disk-full' });
    await leave(program);

    const again = await start();
    await meet(again, source);
    // Still no room: it says so, again.
    expect(await download(again, home, 'full')).toMatchObject({ code: 'disk-full' });
    free();
    expect(await download(again, home, 'again')).toMatchObject({ type: 'download-completed' });
    const { have } = again.heard.of('download-started').at(-1) ?? { have: 0 };
    expect(have).toBeGreaterThanOrEqual(CHUNKS_BEFORE);
    await oracle.checkWhole(join(home.downloads, 'here'));
    await leave(again);
  });

  it('under the data of a peer harms neither who it is nor what it was asked for (qBittorrent #4850, #6852)', async (context) => {
    const network = await createNetwork(1, undefined, {
      prepare: ({ share }) => writeRandom(join(share, 'film'), FILM_BYTES),
    });
    const film = join(network.peers[0]?.home.share ?? '', 'film');
    const { home, oracle, start } = await scene(network, await sha256(film));
    if (!smallDisk(home.data, DATA_BYTES)) context.skip(ROOT_ONLY);
    const program = await start();
    await program.heard.until('peer-up');
    const { peerId } = await program.heard.until('ready');
    const settings = readFileSync(join(home.data, '..', 'peer.json'), 'utf8');
    const free = fill(home.data);
    const first = await download(program, home, 'first');
    program.send(`share "${film}" #share`);
    const shared = { where: (line: { readonly ref?: string }) => line.ref === 'share' };
    const told = await Promise.race([
      program.heard.until('share-added', shared as never),
      program.heard.until('error', shared as never),
    ]);
    expect(first).toMatchObject({ type: 'download-failed', code: 'disk-full' });
    expect(told).toMatchObject({ type: 'error', code: 'disk-full' });
    await leave(program);

    const full = await startPeerProgram(network, home);
    full.send('exit');
    const { code } = await full.exit;
    expect([0, 74]).toContain(code);
    expect(full.stderr()).not.toMatch(/^ +at /m);

    free();
    const again = await start();
    await again.heard.until('peer-up');
    expect((await again.heard.until('ready')).peerId).toBe(peerId);
    expect(JSON.parse(settings)).toMatchObject({ name: 'small' });
    expect(await download(again, home, 'again')).toMatchObject({ type: 'download-completed' });
    await oracle.check();
    await leave(again);
  });
});
