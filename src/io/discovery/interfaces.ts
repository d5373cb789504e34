/**
 * The IPv4 interfaces discovery uses, and whose datagrams it listens to. Everything that depends on the
 * platform's naming and numbering of networks is here.
 *
 * IPv4 only: broadcast is what reaches everybody in homes and offices (multicast is often filtered), and
 * IPv6 has none.
 */
import { networkInterfaces } from 'node:os';

export type Interface = {
  readonly address: string;
  readonly netmask: string;
  /** Missing on links of two ends (/31, /32: tunnels), where it would be somebody's own address. */
  readonly broadcast: string | undefined;
  readonly internal: boolean;
};

/** The host setting that restricts nothing. */
const EVERYWHERE = '0.0.0.0';
/** As many as one announcement has sequence numbers for; containers may add bridges without end. */
const INTERFACES = 32;
const LOOPBACK_NETMASK = '255.0.0.0';

/** @returns the interfaces to announce on, sorted by address; none if `host` is not (or no longer) here. */
export function scanInterfaces(host: string): readonly Interface[] {
  // The whole of 127.0.0.0/8 is this machine, though the system lists one address of it.
  if (isLoopback(host)) return [interfaceOf(host, LOOPBACK_NETMASK, true)];
  const found: Interface[] = [];
  for (const addresses of Object.values(networkInterfaces()))
    for (const { family, address, netmask, internal } of addresses ?? [])
      if (family === 'IPv4' && (host === EVERYWHERE || host === address))
        found.push(interfaceOf(address, netmask, internal));
  // Real networks before loopback, so that a crowd of them never pushes the household's out.
  return found
    .toSorted((a, b) => Number(a.internal) - Number(b.internal) || (a.address < b.address ? -1 : 1))
    .slice(0, INTERFACES);
}

/** @returns an interface by its address and netmask. */
export function interfaceOf(address: string, netmask: string, internal: boolean): Interface {
  const mask = toNumber(netmask);
  const hostBits = ~mask >>> 0;
  const broadcast = hostBits > 1 ? toText((toNumber(address) | hostBits) >>> 0) : undefined;
  return { address, netmask, broadcast, internal };
}

/** @returns false for a datagram from outside the network that `host` restricts a peer to. */
export function accepts(host: string, interfaces: readonly Interface[], source: string): boolean {
  if (host === EVERYWHERE) return true;
  if (isLoopback(host)) return isLoopback(source);
  return interfaces.some((iface) => sameNetwork(iface, source));
}

/** @returns true if the source is this machine itself. */
export function isOwnAddress(interfaces: readonly Interface[], source: string): boolean {
  return isLoopback(source) || interfaces.some((iface) => iface.address === source);
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.');
}

function sameNetwork(iface: Interface, source: string): boolean {
  const mask = toNumber(iface.netmask);
  return (toNumber(iface.address) & mask) === (toNumber(source) & mask);
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}
