/** CBOR put together by hand, so that a test can say what the product's own encoder never would. */

/** Every number a hostile peer has tried on somebody, as it can stand in CBOR; `exact` where it is a number of ours. */
export const NUMBERS: readonly {
  readonly name: string;
  readonly raw: string;
  readonly exact?: number;
}[] = [
  { name: '0', raw: '00', exact: 0 },
  { name: '-1', raw: '20' },
  { name: '1', raw: '01', exact: 1 },
  { name: '2^31', raw: '1a80000000', exact: 2 ** 31 },
  { name: '2^32', raw: '1b0000000100000000', exact: 2 ** 32 },
  { name: '2^53-1', raw: '1b001fffffffffffff', exact: Number.MAX_SAFE_INTEGER },
  { name: '2^53', raw: '1b0020000000000000' },
  { name: '9663919463792641', raw: '1b0022554896c70001' },
  { name: '2^64-1', raw: '1bffffffffffffffff' },
  { name: '-2^64', raw: '3bffffffffffffffff' },
  { name: 'a bignum', raw: 'c249010000000000000000' },
  { name: '0 in two bytes', raw: '1800' },
  { name: '1.0', raw: 'f93c00' },
  { name: '-0.0', raw: 'f98000' },
  { name: '2^53 as a double', raw: 'fb4340000000000000' },
  { name: 'NaN', raw: 'f97e00' },
  { name: 'Infinity', raw: 'f97c00' },
  { name: '-Infinity', raw: 'f9fc00' },
  { name: '1e308', raw: 'fb7fe1ccf385ebc8a0' },
  { name: 'null', raw: 'f6' },
  { name: 'undefined', raw: 'f7' },
  { name: 'true', raw: 'f5' },
  { name: 'a text', raw: '6131' },
];

export function rawMap(fields: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const items = Object.entries(fields).flatMap(([key, value]) => [rawText(key), value]);
  return Buffer.concat([head(0xa0, items.length / 2), ...items]);
}

export function rawList(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([head(0x80, items.length), ...items]);
}

export function rawText(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([head(0x60, bytes.length), bytes]);
}

export function rawBytes(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([head(0x40, bytes.length), bytes]);
}

export function rawNumber(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

/** @param count claimed, whatever follows. */
export function head(major: number, count: number): Uint8Array {
  if (count < 24) return Buffer.from([major | count]);
  if (count < 256) return Buffer.from([major | 24, count]);
  const long = Buffer.alloc(5);
  long.writeUInt8(major | 26);
  long.writeUInt32BE(count, 1);
  return count < 65_536 ? Buffer.from([major | 25, count >> 8, count & 255]) : long;
}
