/**
 * A machine of its own for the peers of a measurement: a network namespace in which nobody else speaks, so that its
 * loopback counts their bytes and no others. It is held by one process; when that ends, the kernel takes it away.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const IS_ROOT = process.getuid?.() === 0;
const UNSHARE = [...(IS_ROOT ? [] : ['--user', '--map-root-user']), '--net'];
const ENTER = [...(IS_ROOT ? [] : ['--user', '--preserve-credentials']), '--net'];

/** Places in a line of /proc/net/dev, behind the name: what came in. On loopback all that was sent comes in. */
const BYTES = 0;
const PACKETS = 1;

/**
 * @returns `at`: where to start peers; `traffic`: bytes and packets on its loopback so far; `end` takes it away
 * @throws when it cannot be made here
 */
export async function openNamespace() {
  const script = 'ip link set lo up && echo ready && exec cat';
  const holder = spawn('unshare', [...UNSHARE, 'sh', '-c', script], { stdio: 'pipe' });
  let trouble = '';
  holder.stderr.on('data', (text) => {
    trouble += text;
  });
  holder.on('error', (error) => {
    trouble += error.message;
  });
  const isReady = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    new Promise((resolve) => holder.once('close', () => resolve(false))),
  ]);
  if (!isReady) {
    const needs = 'it takes iproute2, util-linux, and root or users who may make namespaces';
    throw new Error(`no network namespace can be made here (${trouble.trim()}): ${needs}`);
  }
  return {
    at: { way: ['nsenter', '--target', String(holder.pid), ...ENTER], host: '127.0.0.1' },
    traffic() {
      const lines = readFileSync(`/proc/${holder.pid}/net/dev`, 'utf8').split('\n');
      const loopback = lines.find((line) => line.trim().startsWith('lo:')) ?? '';
      const counts = loopback
        .slice(loopback.indexOf(':') + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
      return { bytes: counts[BYTES], packets: counts[PACKETS] };
    },
    async end() {
      holder.kill('SIGKILL');
      if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
    },
  };
}
