/**
 * A slow link that loses packets, between two made-up machines that nothing outside can see: Linux network
 * namespaces, held by one process. When that ends, the kernel takes all of it away.
 */
import { spawnSync } from 'node:child_process';
import { holdNamespaces } from './namespace-holder.mjs';

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
  const holder = await holdNamespaces({
    kinds: ['--net', '--mount'],
    script: `${MAKE}${rate}\nip netns exec far ${rate}\nnft list tables`,
    none: 'none',
    needs: NEEDS,
  });
  const near = holder.enter;
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
    end: () => holder.end(),
  };
}

function run([command, ...args], input) {
  const { status, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr.trim()}`);
}
