/**
 * The names of things: brands over plain strings and numbers, so that one is never taken for another.
 * They are made only by the parsers here, at the edge where a value comes in, and never checked again.
 */

/** SHA-256 of a peer's public key (SPKI), base32 lower case without padding: 52 characters. */
export type PeerId = string & { readonly __brand: 'PeerId' };

/** BLAKE3 over a manifest's root: 64 lower-case hexadecimal characters. */
export type ContentId = string & { readonly __brand: 'ContentId' };

/** A chunk's position in its manifest, from 0. */
export type ChunkIndex = number & { readonly __brand: 'ChunkIndex' };

/** Marks one start of one peer: 16 lower-case hexadecimal characters, new at every start. */
export type Instance = string & { readonly __brand: 'Instance' };

const PEER_ID = /^[a-z2-7]{51}[aq]$/;
const CONTENT_ID = /^[0-9a-f]{64}$/;
const INSTANCE = /^[0-9a-f]{16}$/;

/** @returns the peer id, or undefined if the text is none (the last character carries one bit only). */
export function parsePeerId(text: string): PeerId | undefined {
  return PEER_ID.test(text) ? (text as PeerId) : undefined;
}

/** @returns the content id, or undefined if the text is none. */
export function parseContentId(text: string): ContentId | undefined {
  return CONTENT_ID.test(text) ? (text as ContentId) : undefined;
}

/** @returns the instance mark, or undefined if the text is none. */
export function parseInstance(text: string): Instance | undefined {
  return INSTANCE.test(text) ? (text as Instance) : undefined;
}
