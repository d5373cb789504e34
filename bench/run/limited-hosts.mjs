/**
 * Made-up machines on one switch, each on a cable of so many megabits a second both ways: Linux network namespaces,
 * held by one process. When that ends, the kernel takes all of it away.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const IS_ROOT = process.getuid?.() === 0;
const UNSHARE = [...(IS_ROOT ? [] : ['--user', '--map-root-user']), '--net', '--mount'];
const ENTER = [...(IS_ROOT ? [] : ['--user', '--preserve-credentials']), '--net', '--mount'];

/** The most that waits before a cable: as a cheap switch or a network card holds. */
const QUEUE = '40ms';

/** What may leave at once: a joined piece of 64 KiB, so that the kernel need not cut it up, and no more. */
const BURST = '68kb';

const NETWORK = '10.9.0';

/** Places of a line of /proc/net/dev, behind the name. */
const RECEIVED = 0;
const SENT = 8;

/** `ip netns` keeps its names in /run, which has to be ours. */
const MAKE = `
set -e
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip link add name switch type bridge
ip link set switch up
`;

function plug(number, megabits) {
  const limit = `root tbf rate ${megabits}mbit burst ${BURST} latency ${QUEUE}`;
  return `
ip netns add host${number}
ip -n host${number} link set lo up
ip link add name port${number} type veth peer name cable netns host${number}
ip link set port${number} master switch
ip link set port${number} up
ip -n host${number} address add ${NETWORK}.${number}/24 broadcast + dev cable
ip -n host${number} link set dev cable up
tc qdisc add dev port${number} ${limit}
ip netns exec host${number} tc qdisc add dev cable ${limit}
`;
}

/**
 * @param {number} count
 * @param {number} megabits a second, in either direction
 * @returns `places`: where to start a peer on each; `traffic(pid)`: bytes on the cable of the host where that runs
 * @throws when they cannot be made here
 */
export async function openLimitedHosts(count, megabits) {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const cables = numbers.map((number) => plug(number, megabits)).join('');
  const script = `${MAKE}${cables}echo ready\nexec cat`;
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
    const needs = 'it takes Linux, iproute2, util-linux, and root or users who may make namespaces';
    throw new Error(`no hosts can be made here (${trouble.trim()}): ${needs}`);
  }
  const enter = ['nsenter', '--target', String(holder.pid), ...ENTER];
  return {
    places: numbers.map((number) => ({
      way: [...enter, 'nsenter', `--net=/run/netns/host${number}`],
      host: `${NETWORK}.${number}`,
    })),
    traffic,
    async end() {
      holder.kill('SIGKILL');
      if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
    },
  };
}

function traffic(pid) {
  const lines = readFileSync(`/proc/${pid}/net/dev`, 'utf8').split('\n');
  const cable = lines.find((line) => line.trim().startsWith('cable:')) ?? '';
  const counts = cable
    .slice(cable.indexOf(':') + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  return { receivedBytes: counts[RECEIVED], sentBytes: counts[SENT] };
}
