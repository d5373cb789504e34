import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { createNetwork, knows, type Network, type TestPeer } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import { freeDiscoveryPort, freePeerBase } from '#test/support/places.js';
import type { Program } from '#test/support/program.js';

// Three peers, one of which hangs and wakes: ten seconds where many other tests run.
vi.setConfig({ testTimeout: 60_000 });

const LIBRARY_LIFE = fileURLToPath(new URL('../support/programs/library-life.js', import.meta.url));

/** Said is "at once"; the machine may be busy with other tests. Silence would be noticed only after 30 s. */
const AT_ONCE_MS = 10_000;

/** A peer that hangs is given up after this much silence. */
const IMPATIENT = { pingMs: 500, deadAfterMs: 1500 };

async function leaverAndStayers(mesh: SettingsInput['mesh'] = {}): Promise<{
  readonly network: Network;
  readonly leaver: Program;
  readonly stayers: readonly TestPeer[];
}> {
  const network = await createNetwork(2, undefined, { settings: { mesh } });
  const home = network.home('leaver');
  writeFileSync(join(home.share, 'file'), 'shared');
  const leaver = await startPeerProgram(network, home);
  const { peerId } = await leaver.heard.until('ready');
  for (const peer of network.peers) {
    await peer.heard.until('peer-up', { where: (up) => up.peerId === peerId });
  }
  return { network, leaver, stayers: network.peers };
}

describe('a peer that leaves', () => {
  it('by `exit` is known to have stopped at once, and its process ends with 0 after `bye`', async () => {
    const { leaver, stayers } = await leaverAndStayers();
    const { peerId } = await leaver.heard.until('ready');
    const began = performance.now();
    leaver.send('exit');
    await Promise.all(stayers.map((peer) => gone(peer, peerId, 'stopped')));
    expectAtOnce(began);
    expect(await leaver.exit).toEqual({ code: 0, signal: null });
    expect(leaver.heard.all.at(-1)).toEqual({ type: 'bye', exitCode: 0 });
    expect(leaver.stderr()).toBe('');
  });

  it('by SIGKILL is known to be lost, and what it shared is gone from the list', async () => {
    const { leaver, stayers } = await leaverAndStayers();
    const { peerId } = await leaver.heard.until('ready');
    const began = performance.now();
    leaver.child.kill('SIGKILL');
    await Promise.all(stayers.map((peer) => gone(peer, peerId, 'lost')));
    expectAtOnce(began);
    const asked = performance.now();
    for (const peer of stayers) expect(await peer.list('file')).toEqual([]);
    // Who is gone is dialled again and again, but not waited for.
    expect(performance.now() - asked).toBeLessThan(1500);
  });

  it('by SIGSTOP, as a machine that hangs would, is lost after its time, and back when it wakes (Syncthing #5209)', async () => {
    const { leaver, stayers } = await leaverAndStayers(IMPATIENT);
    const { peerId } = await leaver.heard.until('ready');
    // Once they have talked no two connections of one pair are left to choose from.
    leaver.send('say good night');
    await Promise.all(stayers.map((peer) => peer.heard.until('message')));
    leaver.child.kill('SIGSTOP');
    await Promise.all(stayers.map((peer) => gone(peer, peerId, 'lost')));
    const from = stayers.map((peer) => peer.heard.all.length);
    leaver.child.kill('SIGCONT');
    await Promise.all(
      stayers.map((peer, at) =>
        peer.heard.until('peer-up', { from: from[at] ?? 0, where: (up) => up.peerId === peerId }),
      ),
    );
  });
});

describe('a peer in a program', () => {
  it('leaves no thread, socket or timer when it is closed: the program ends by itself', async () => {
    const network = await createNetwork(0);
    const ports = [await freeDiscoveryPort(), await freePeerBase()];
    await freePeerBase();
    const child = spawn(process.execPath, [LIBRARY_LIFE, network.folder, ...ports.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = JSON.parse(await text(child.stdout)) as unknown;
    expect(said).toEqual({ bytes: 19, codes: [0, 0], left: [] });
    expect(child.signalCode).toBeNull();
  });

  it('leaves no partial file behind a download that is complete', async () => {
    const [owner, asker] = (
      await createNetwork(2, undefined, {
        prepare: ({ share }, index) => writeFileSync(join(share, `of ${index}`), 'some bytes'),
      })
    ).peers;
    if (owner === undefined || asker === undefined) throw new Error('no peers');
    // Who has not been met is not missed.
    await Promise.all([knows(asker, [owner]), knows(owner, [asker])]);
    await asker.download('of 0');
    expect(existsSync(join(asker.home.downloads, '.p2p-partial'))).toBe(false);
    expect(await asker.close()).toBe(0);
    expect(asker.heard.all.at(-1)).toEqual({ type: 'bye', exitCode: 0 });
    await gone(owner, asker.peerId, 'stopped');
  });
});

function expectAtOnce(began: number): void {
  const ms = performance.now() - began;
  console.info(`known after ${ms.toFixed(0)} ms`);
  expect(ms).toBeLessThan(AT_ONCE_MS);
}

async function gone(peer: TestPeer, peerId: string, reason: string): Promise<void> {
  const down = await peer.heard.until('peer-down', { where: (said) => said.peerId === peerId });
  expect(down.reason).toBe(reason);
}
