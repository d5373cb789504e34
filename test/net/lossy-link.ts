/** Cables that are slow and lose packets, between the machines of a made-up network. */
import { complaintOf, type Lab, portOf, refusal } from './lab.js';

/** A household's cable, or a good wireless network. */
const MEGABITS = 100;

/** The most that waits at the end of a cable, as in a cheap switch; and what may leave at once, as timers are coarse. */
const QUEUE = ['burst', '16kb', 'latency', '40ms'];

const TBF = ['tbf', 'rate', `${MEGABITS}mbit`, ...QUEUE];

const PROBE = [
  `tc qdisc add dev lo root ${TBF.join(' ')}`,
  'nft add table inet lossy',
  "nft add chain inet lossy arriving '{ type filter hook input priority 0; }'",
  'nft add rule inet lossy arriving numgen random mod 100 lt 5 counter drop',
].join(' && ');

/** Why no cable can lose packets here; undefined where one can. */
export const lossRefusal: string | undefined = refusal ?? refusalHere();

function refusalHere(): string | undefined {
  const why = complaintOf(PROBE);
  return why === undefined
    ? undefined
    : `no link that loses packets can be made here (${why}): install nftables and iproute2, with a kernel that has tbf and nft_numgen`;
}

/** Machines on one switch whose cables carry 100 Mbit/s each way, addresses 10.1.0.1 and so on in their order. */
export function plugSlowly(lab: Lab, hosts: readonly string[]): void {
  lab.bridge('net1');
  hosts.forEach((host, index) => {
    lab.host(host);
    lab.plug(host, 'eth1', 'net1', `10.1.0.${index + 1}/24`);
    // One packet is one loss, also of TCP, which would hand the kernel forty at once.
    lab.ip(['link set dev eth1 gso_max_segs 1'], host);
    lab.settle(['tc', 'qdisc', 'replace', 'dev', 'eth1', 'root', ...TBF], '', host);
    lab.settle(['tc', 'qdisc', 'replace', 'dev', portOf(host, 'eth1'), 'root', ...TBF], '');
  });
}

/** From now on so many per cent of all packets that arrive at a host are lost, and all to this TCP port, if one is named. */
export function lose(lab: Lab, host: string, percent: number, tcpPort?: number): void {
  const rules = [
    ...(tcpPort === undefined ? [] : [`tcp dport ${tcpPort} counter drop`]),
    ...(percent > 0 ? [`numgen random mod 100 lt ${percent} counter drop`] : []),
    'meta l4proto tcp counter',
    'meta l4proto udp counter',
  ];
  const ruleset = [
    'add table inet lossy',
    'delete table inet lossy',
    'add table inet lossy',
    'add chain inet lossy arriving { type filter hook input priority 0; }',
    ...rules.map((rule) => `add rule inet lossy arriving iifname eth1 ${rule}`),
  ];
  lab.settle(['nft', '-f', '-'], `${ruleset.join('\n')}\n`, host);
}

/** Since `lose`, at one host. */
export type Counted = {
  /** What was lost of all packets. */
  readonly lostShare: number;
  /** Bytes of packets that were not lost. */
  readonly tcpBytes: number;
  readonly udpBytes: number;
};

export function countedAt(lab: Lab, host: string): Counted {
  const rules = lab.settle(['nft', 'list', 'chain', 'inet', 'lossy', 'arriving'], '', host);
  const count = (rule: string) => {
    const found = new RegExp(`${rule} counter packets (\\d+) bytes (\\d+)`).exec(rules);
    return { packets: Number(found?.[1] ?? 0), bytes: Number(found?.[2] ?? 0) };
  };
  const [lost, tcp, udp] = [count('numgen.*'), count('l4proto tcp'), count('l4proto udp')];
  const lostShare = lost.packets / (lost.packets + tcp.packets + udp.packets);
  return { lostShare, tcpBytes: tcp.bytes, udpBytes: udp.bytes };
}
