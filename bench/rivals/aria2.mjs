/** aria2's BitTorrent: one process seeds, another fetches; they learn of each other from a tracker of ours. */
import { readFileSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { launch } from '../run/child.mjs';
import { isInstalled } from '../run/installed.mjs';
import { freePort } from '../run/ports.mjs';
import { freshFolder, mustBeEqual } from '../run/scratch.mjs';

/** @returns why it cannot be measured here, if so. */
export function aria2Missing() {
  return isInstalled('aria2c') ? undefined : 'aria2c is not installed';
}

/** TCP between two, everything else off; no allocation of the file before it is written. */
const SETTINGS = [
  '--no-conf',
  '--enable-color=false',
  '--enable-dht=false',
  '--enable-dht6=false',
  '--bt-enable-lpd=false',
  '--file-allocation=none',
  '--interface=127.0.0.1',
];

/** From adding the torrent to the hook that aria2 calls when all pieces are proven. */
export async function aria2Download({ scratch, file, torrent }) {
  const seedPort = await freePort();
  const tracker = await startTracker(seedPort);
  const seed = await startSeed(torrent, dirname(file), seedPort, tracker);
  const into = freshFolder(scratch, 'aria2');
  const { fetcher, add, done } = await startFetcher(into, tracker);
  const begun = performance.now();
  await add(readFileSync(torrent));
  const ms = (await done) - begun;
  mustBeEqual(file, join(into, basename(file)));
  await Promise.all([seed.end(), fetcher.end()]);
  tracker.close();
  freshFolder(scratch, 'aria2');
  return { ms };
}

async function startSeed(torrent, folder, port, tracker) {
  const args = [...SETTINGS, `--dir=${folder}`, `--listen-port=${port}`, '--seed-ratio=0'];
  args.push('--bt-seed-unverified=true', `--bt-tracker=${tracker.url}`, torrent);
  const seed = launch('aria2c', args, { label: 'aria2 seed' });
  await Promise.race([tracker.seedCame, seed.gone.then((how) => Promise.reject(new Error(how)))]);
  return seed;
}

async function startFetcher(into, tracker) {
  const [port, rpcPort] = [await freePort(), await freePort()];
  const hook = join(into, 'hook.sh');
  writeFileSync(hook, `#!/bin/sh\n: > '${into}/done'\n`, { mode: 0o755 });
  const done = new Promise((resolve) => {
    const watcher = watch(into, (_, name) => {
      if (name !== 'done') return;
      resolve(performance.now());
      watcher.close();
    });
  });
  const args = [...SETTINGS, `--dir=${into}`, `--listen-port=${port}`, '--enable-rpc'];
  args.push(`--rpc-listen-port=${rpcPort}`, `--bt-tracker=${tracker.url}`);
  args.push('--seed-time=0', `--on-bt-download-complete=${hook}`);
  const fetcher = launch('aria2c', args, { label: 'aria2 fetch' });
  await fetcher.when(({ text }) => text?.includes('RPC: listening'));
  const add = (file) => call(rpcPort, 'aria2.addTorrent', [file.toString('base64')]);
  return { fetcher, add, done };
}

async function call(port, method, params) {
  const response = await fetch(`http://127.0.0.1:${port}/jsonrpc`, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 'bench', method, params }),
  });
  if (!response.ok) throw new Error(`aria2 refused ${method}: ${await response.text()}`);
}

/** Tells everybody of the one peer that seeds (BEP 3, compact answers of BEP 23). */
async function startTracker(seedPort) {
  const server = createServer();
  const seedCame = new Promise((resolve) => {
    server.on('request', (request, response) => {
      const { searchParams } = new URL(request.url, 'http://tracker');
      const isSeed = searchParams.get('port') === String(seedPort);
      const peers = isSeed ? '' : String.fromCharCode(127, 0, 0, 1, seedPort >> 8, seedPort & 255);
      response.end(Buffer.from(`d8:intervali1800e5:peers${peers.length}:${peers}e`, 'latin1'));
      if (isSeed) resolve();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/announce`;
  return { url, seedCame, close: () => server.closeAllConnections() ?? server.close() };
}
