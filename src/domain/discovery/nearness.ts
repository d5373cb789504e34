/**
 * How near an IP address is: what is near means another machine to each who hears of it, and may be what a firewall
 * hides. So nobody far away is to say that something near be dialled.
 */

/** The farthest first. */
const PUBLIC = 0;
const PRIVATE = 1;
const LINK_LOCAL = 2;
const LOOPBACK = 3;

type Nearness = typeof PUBLIC | typeof PRIVATE | typeof LINK_LOCAL | typeof LOOPBACK;

/** An IPv4 address as a socket for both kinds shows it. */
const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/;

/** RFC 1122: this network below, multicast and what is reserved above. */
const FIRST_OCTET = 1;
const LAST_OCTET = 223;

/** @returns an IPv4 address plain; a zone stays, without which nobody is dialled from here who has one. */
export function unmapped(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

/** @returns the address as everybody writes it: an IPv4 address plain, and without a zone, which means nothing elsewhere. */
export function plainAddress(address: string): string {
  const [plain = ''] = address.split('%');
  return unmapped(plain);
}

/** @param address in its one spelling (RFC 5952). @returns undefined for what is no single machine's. */
export function nearnessOf(address: string): Nearness | undefined {
  const octets = IPV4.exec(address);
  if (octets !== null) return nearnessOfIpv4(Number(octets[1]), Number(octets[2]));
  return address.includes(':') ? nearnessOfIpv6(address) : undefined;
}

export function isLoopback(address: string): boolean {
  return nearnessOf(address) === LOOPBACK;
}

/** Whether whoever is at `from` may speak of `address`: it is no nearer than he is himself. */
export function mayPointTo(from: string, address: string): boolean {
  const nearness = nearnessOf(address);
  return nearness !== undefined && nearness <= (nearnessOf(from) ?? PUBLIC);
}

/** RFC 1918, RFC 6598 (behind a provider's translation), RFC 3927. */
function nearnessOfIpv4(first: number, second: number): Nearness | undefined {
  if (first < FIRST_OCTET || first > LAST_OCTET) return undefined;
  if (first === 127) return LOOPBACK;
  if (first === 169 && second === 254) return LINK_LOCAL;
  if (first === 10 || (first === 192 && second === 168)) return PRIVATE;
  if (first === 172 && second >= 16 && second <= 31) return PRIVATE;
  return first === 100 && second >= 64 && second <= 127 ? PRIVATE : PUBLIC;
}

/** RFC 4291, RFC 4193. What begins with zeros holds an IPv4 address, or is nobody's. */
function nearnessOfIpv6(address: string): Nearness | undefined {
  const text = address.toLowerCase();
  if (text === '::1') return LOOPBACK;
  if (text.startsWith('::') || text.startsWith('ff')) return undefined;
  if (/^fe[89ab]/.test(text)) return LINK_LOCAL;
  return /^f[cd]/.test(text) ? PRIVATE : PUBLIC;
}
