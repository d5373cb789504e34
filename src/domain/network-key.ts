/** A 256-bit key that all peers of a private network share: 64 lower-case hexadecimal characters. Never shown. */
export type NetworkKey = string & { readonly __brand: 'NetworkKey' };

const NETWORK_KEY = /^[0-9a-f]{64}$/;

/** @returns the key, or undefined if the text is none. */
export function parseNetworkKey(text: string): NetworkKey | undefined {
  return NETWORK_KEY.test(text) ? (text as NetworkKey) : undefined;
}
