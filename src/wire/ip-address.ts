/** IP addresses as bytes: four or sixteen. Names have none, so that nobody has others ask a name server of his choice. */
import { P2pError } from '#src/domain/errors.js';

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
const IPV6_GROUPS = 8;

/** @param text an address, with or without a zone. @throws P2pError `usage` where it is none */
export function rawAddress(text: string): Uint8Array {
  const [address = ''] = text.split('%');
  const raw = address.includes(':') ? rawIpv6(address) : rawIpv4(address);
  if (raw === undefined) throw new P2pError('usage', `${text} is no IP address`);
  return Uint8Array.from(raw);
}

/** @throws P2pError `protocol` */
export function addressOf(raw: unknown): string {
  if (raw instanceof Uint8Array && raw.length === IPV4_BYTES) return raw.join('.');
  if (raw instanceof Uint8Array && raw.length === IPV6_BYTES) return ipv6Of(raw);
  throw new P2pError('protocol', 'no IP address');
}

function rawIpv4(address: string): readonly number[] | undefined {
  const parts = address.split('.');
  const isSound = parts.length === IPV4_BYTES && parts.every(isByte);
  return isSound ? parts.map(Number) : undefined;
}

function isByte(part: string): boolean {
  return /^\d{1,3}$/.test(part) && Number(part) < 256;
}

/** RFC 4291, section 2.2: groups of 16 bits, the last two maybe as IPv4, zeros left out once. */
function rawIpv6(address: string): readonly number[] | undefined {
  const [head = '', tail, ...more] = address.split('::');
  const [front, back] = [groupsOf(head), groupsOf(tail ?? '')];
  if (front === undefined || back === undefined || more.length > 0) return undefined;
  const zeros = IPV6_GROUPS - front.length - back.length;
  if (tail === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const groups = [...front, ...Array.from({ length: zeros }, () => 0), ...back];
  return groups.flatMap((group) => [group >> 8, group & 255]);
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    const ipv4 = at === parts.length - 1 ? rawIpv4(part) : undefined;
    if (ipv4 !== undefined) {
      const [one = 0, two = 0, three = 0, four = 0] = ipv4;
      groups.push((one << 8) | two, (three << 8) | four);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** RFC 5952: the longest run of zeros is left out, lower case. */
function ipv6Of(raw: Uint8Array): string {
  const groups = Array.from({ length: IPV6_GROUPS }, (_, at) => groupAt(raw, 2 * at));
  const { start, length } = longestZeros(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function groupAt(raw: Uint8Array, at: number): number {
  return ((raw[at] ?? 0) << 8) | (raw[at + 1] ?? 0);
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [at, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: at + 1 - length, length };
  }
  return longest;
}
