/** BLAKE3-256 as domain code sees it: an argument, since the native code behind it is not its business. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

export const HASH_BYTES = 32;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** @returns lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** @param at where the hash starts in `bytes`. */
export function hashIsAt(bytes: Uint8Array, at: number, hash: Uint8Array): boolean {
  if (hash.length !== HASH_BYTES || at + HASH_BYTES > bytes.length) return false;
  for (let index = 0; index < HASH_BYTES; index += 1) {
    if (bytes[at + index] !== hash[index]) return false;
  }
  return true;
}
