/**
 * The largest datagram worth trying on the way to an address: what the interface it leaves by carries. Larger ones would
 * be sent in pieces, of which each may be lost. The only place that knows how a system tells.
 */
import { readFileSync } from 'node:fs';
import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** IP and UDP headers. */
const HEADERS_V4 = 28;
const HEADERS_V6 = 48;

/** Ethernet's, where the system does not say. */
const USUAL_MTU = 1500;

/** The least that a way over IPv6 has to carry. */
const LEAST_MTU = 1280;

/** The most that a datagram over IPv4 may have, whatever an interface says. */
export const MOST_DATAGRAM_BYTES = 65_507;

/** What loopback carries on macOS; elsewhere it is all that a datagram may have. */
const LOOPBACK_MTU_DARWIN = 16_384;

/** @param to an address, not a name. @returns bytes of payload */
export function datagramLimit(to: string): number {
  const mtu = isLoopback(to) ? loopbackMtu() : Math.max(LEAST_MTU, mtuTowards(to));
  return Math.min(MOST_DATAGRAM_BYTES, mtu - (isIPv6(to) ? HEADERS_V6 : HEADERS_V4));
}

function loopbackMtu(): number {
  return process.platform === 'darwin' ? LOOPBACK_MTU_DARWIN : MOST_DATAGRAM_BYTES + HEADERS_V6;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Of the network the address is in; of others the way leads through a gateway, by any interface that leads outside. */
function mtuTowards(to: string): number {
  const neighbours = namesOf((one) => contains(one.cidr, to));
  const names = neighbours.length > 0 ? neighbours : namesOf((one) => !one.internal);
  return Math.min(...names.map(mtuOf), ...(names.length === 0 ? [USUAL_MTU] : []));
}

function namesOf(fits: (one: { cidr: string | null; internal: boolean }) => boolean): string[] {
  const all = Object.entries(networkInterfaces());
  return all.filter(([, own]) => own?.some(fits)).map(([name]) => name);
}

function contains(cidr: string | null, address: string): boolean {
  const [network, bits] = cidr?.split('/') ?? [];
  if (network === undefined || isIPv6(network) !== isIPv6(address)) return false;
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const subnet = new BlockList();
  subnet.addSubnet(network, Number(bits), family);
  return subnet.check(address, family);
}

/** Linux tells in a file; elsewhere the usual is assumed. */
function mtuOf(name: string): number {
  if (process.platform !== 'linux' || name.includes('/')) return USUAL_MTU;
  try {
    const mtu = Number.parseInt(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8'), 10);
    return Number.isInteger(mtu) ? mtu : USUAL_MTU;
  } catch {
    // An interface may have gone meanwhile.
    return USUAL_MTU;
  }
}
