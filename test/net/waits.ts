/** What a test waits to hear of a peer. */
import type { PeerProcess, Said } from './peer-process.js';

/** A second or two of a busy machine for each of these: they read and hash, or carry, whole films. */
const WHOLE_FILM_MS = 60_000;

export function ready(peer: PeerProcess): Promise<Said> {
  return peer.until(({ type }) => type === 'ready');
}

export function up(peer: PeerProcess, name: string, ms?: number): Promise<Said> {
  return peer.until((said) => said.type === 'peer-up' && said['name'] === name, ms);
}

export function shared(peer: PeerProcess): Promise<Said> {
  return peer.until(({ type }) => type === 'share-added', WHOLE_FILM_MS);
}

export function done(peer: PeerProcess): Promise<Said> {
  return peer.until(({ type }) => type === 'download-completed', WHOLE_FILM_MS);
}
