/**
 * A slow link that loses packets, between two made-up machines that nothing outside can see: Linux network
 * namespaces, held by one process. When that ends, the kernel takes all of it away.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const IS_ROOT = process.getuid?.() === 0;
const UNSHARE = [...(IS_ROOT ? [] : ['--user', '--map-root-user']), '--net', '--mount'];
const ENTER = [...(IS_ROOT ? [] : ['--user', '--preserve-credentials']), '--net', '--mount'];

const NEEDS =
  'it takes Linux, iproute2, util-linux, nftables, and root or users who may make namespaces';

/** The addresses of the two ends. */
const [NEAR, FAR] = ['10.9.0.1', '10.9.0.2'];

/** The most that waits before the link: as a cheap switch or router holds. */
const QUEUE = '40ms';

/** What may leave at once: some packets, as timers are not exact. */
const BURST = '16kb';

/** `ip netns` keeps its names in /run, which has to be ours. One packet is one loss, also of TCP: none are joined. */
const MAKE = `
set -e
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip netns add far
ip link set lo up
ip -n far link set lo up
ip link add name link type veth peer name link netns far
ip address add ${NEAR}/24 dev link
ip -n far address add ${FAR}/24 dev link
ip link set dev link up gso_max_segs 1
ip -n far link set dev link up gso_max_segs 1
`;

const LOSE = `
add table inet lossy
flush table inet lossy
add chain inet lossy arriving { type filter hook input priority 0; }
`;

/**
 * @param {number} megabits a second
 * @returns `place` and `places`: how to start programs on its ends, a pipe's and peers; `lose` makes so many per cent of all packets vanish that arrive
 *   at either end; `setTcp` chooses the congestion control of TCP; `end` takes it away.
 * @throws when it cannot be made here
 */
export async function openLossyLink(megabits) {
  const rate = `tc qdisc replace dev link root tbf rate ${megabits}mbit burst ${BURST} latency ${QUEUE}`;
  const script = `${MAKE}${rate}\nip netns exec far ${rate}\nnft list tables\necho ready\nexec cat`;
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
  if (!isReady) throw new Error(`none can be made here (${trouble.trim()}): ${NEEDS}`);
  const near = ['nsenter', '--target', String(holder.pid), ...ENTER];
  const far = [...near, 'nsenter', '--net=/run/netns/far'];
  return {
    place: { host: NEAR, source: near, sink: far },
    places: { owners: { way: near, host: NEAR }, fetcher: { way: far, host: FAR } },
    lose(percent) {
      const rule = `add rule inet lossy arriving iifname link numgen random mod 100 lt ${percent} drop\n`;
      for (const end of [near, far])
        run([...end, 'nft', '-f', '-'], percent > 0 ? LOSE + rule : LOSE);
    },
    setTcp(control) {
      const path = '/proc/sys/net/ipv4/tcp_congestion_control';
      for (const end of [near, far]) run([...end, 'sh', '-c', `echo ${control} > ${path}`], '');
    },
    async end() {
      holder.kill('SIGKILL');
      if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
    },
  };
}

function run([command, ...args], input) {
  const { status, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr.trim()}`);
}
