/**
 * The largest datagram worth trying on the way to an address: what the interface it leaves by carries. Larger ones would
 * be sent in pieces, of which each may be lost. The only place that knows how a system tells.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** IPv4 and UDP headers, IPv6 and UDP headers. */
const HEADERS = { v4: 28, v6: 48 } as const;

/** Ethernet's, where the system does not say. */
const USUAL_MTU = 1500;

/** Loopback carries up to 64 KiB; beyond this size a packet gains nothing and costs more when the buffer is full. */
const LOOPBACK_BYTES = 8952;

/** The least a way over IPv6 has to carry. */
const LEAST_MTU = 1280;

/** @param own the local address a socket has for that way; a wildcard tells nothing. */
export function datagramLimit(to: string, own = to): number {
  if (isLoopback(to)) return LOOPBACK_BYTES;
  const name = interfaceOf(own) ?? '';
  const mtu = Math.max(LEAST_MTU, mtuOf(name) ?? USUAL_MTU);
  return mtu - (to.includes(':') ? HEADERS.v6 : HEADERS.v4);
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

function interfaceOf(address: string): string | undefined {
  const all = Object.entries(networkInterfaces());
  return all.find(([, own]) => own?.some((one) => one.address === address))?.[0];
}

/** Linux tells in a file; elsewhere the usual is assumed. */
function mtuOf(name: string): number | undefined {
  if (process.platform !== 'linux' || name === '' || name.includes('/')) return undefined;
  try {
    return Number.parseInt(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8'), 10);
  } catch {
    return undefined;
  }
}
