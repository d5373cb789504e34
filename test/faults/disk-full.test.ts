/** Disks that are really full, at every stage; only root may mount them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { createNetwork, type Network, type PeerHome } from '#test/support/network.js';
import { createOracle, type Oracle } from '#test/support/oracle.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import type { Program } from '#test/support/program.js';
import { fill, smallDisk } from '#test/support/small-disk.js';

vi.setConfig({ testTimeout: 120_000 });

const FILM_BYTES = 64 * MiB;
/** The film and what a download leaves free for others, with room to begin. */
const DOWNLOADS_BYTES = 700 * MiB;
const DATA_BYTES = 4 * MiB;

const ROOT_ONLY = 'only root may mount a small disk to fill';

type Scene = {
  readonly network: Network;
  readonly home: PeerHome;
  readonly oracle: Oracle;
  readonly start: () => Promise<Program>;
};

async function scene(): Promise<Scene> {
  const network = await createNetwork(1, undefined, {
    prepare: ({ share }) => writeRandom(join(share, 'film'), FILM_BYTES),
  });
  const home = network.home('small');
  const film = join(network.peers[0]?.home.share ?? '', 'film');
  // Its settings lie there from the first start on.
  const start = async () => {
    const program = await startPeerProgram(network, home, {
      transfer: { timeoutMs: 20_000 },
      downloads: { folder: home.downloads, resumeAtStart: false },
    });
    await program.heard.until('peer-up');
    return program;
  };
  const oracle = await createOracle({
    root: home.downloads,
    downloads: [join(home.downloads, 'here')],
    expected: new Map([['film', await sha256(film)]]),
    ignored: [join(home.downloads, '.p2p-partial'), join(home.downloads, 'filler')],
  });
  return { network, home, oracle, start };
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

async function leave(program: Program): Promise<void> {
  expect(program.stderr()).not.toMatch(/^ +at /m);
  program.send('exit');
  expect(await program.exit).toEqual({ code: 0, signal: null });
}

describe.skipIf(process.platform !== 'linux')('a disk that fills up', () => {
  it('in the middle of a download ends it with a word, and it goes on once there is room', async (context) => {
    const before = await createNetwork(0);
    if (!smallDisk(join(before.folder, 'try'), MiB)) context.skip(ROOT_ONLY);
    const { home, oracle, start } = await scene();
    const kept = smallDisk(join(home.downloads, 'here'), DOWNLOADS_BYTES);
    expect(kept).toBe(true);
    const program = await start();
    const first = download(program, home, 'first');
    await program.heard.until('download-started');
    const free = fill(join(home.downloads, 'here'));
    expect(await first).toMatchObject({ type: 'download-failed', code: 'disk-full' });
    await leave(program);

    const again = await start();
    // Still no room: it says so, again.
    expect(await download(again, home, 'full')).toMatchObject({ code: 'disk-full' });
    free();
    expect(await download(again, home, 'again')).toMatchObject({ type: 'download-completed' });
    await oracle.checkWhole(join(home.downloads, 'here'));
    await leave(again);
  });

  it('under the data of a peer harms neither who it is nor what it was asked for (qBittorrent #4850, #6852)', async (context) => {
    const { home, network, oracle, start } = await scene();
    if (!smallDisk(home.data, DATA_BYTES)) context.skip(ROOT_ONLY);
    const program = await start();
    const { peerId } = await program.heard.until('ready');
    const settings = readFileSync(join(home.data, '..', 'peer.json'), 'utf8');
    const free = fill(home.data);
    const first = await download(program, home, 'first');
    program.send(`share "${join(network.peers[0]?.home.share ?? '', 'film')}" #share`);
    const shared = { where: (line: { readonly ref?: string }) => line.ref === 'share' };
    const told = await Promise.race([
      program.heard.until('share-added', shared as never),
      program.heard.until('error', shared as never),
    ]);
    expect(first).toMatchObject({ type: 'download-failed', code: 'disk-full' });
    expect(told).toMatchObject({ type: 'error', code: 'ENOSPC' });
    await leave(program);

    const full = await startPeerProgram(network, home);
    full.send('exit');
    const { code } = await full.exit;
    expect([0, 74]).toContain(code);
    expect(full.stderr()).not.toMatch(/^ +at /m);

    free();
    const again = await start();
    expect((await again.heard.until('ready')).peerId).toBe(peerId);
    expect(JSON.parse(settings)).toMatchObject({ name: 'small' });
    expect(await download(again, home, 'again')).toMatchObject({ type: 'download-completed' });
    await oracle.check();
    await leave(again);
  });
});
