/** What a test waits to hear of a peer. */
import { expect, vi } from 'vitest';
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

/** Until this peer sees so many others that have the file: what somebody has comes after he is up. */
export function offered(peer: PeerProcess, name: string, sources: number): Promise<void> {
  return vi.waitFor(
    async () => {
      // Each answer is a line more, so no two questions have the same reference.
      const ref = `asked-${peer.said.length}`;
      peer.tell(`list ${name} #${ref}`);
      const listed = await peer.until((said) => said['ref'] === ref);
      expect(listed['shares']).toMatchObject([{ name, sources }]);
    },
    { timeout: WHOLE_FILM_MS, interval: 50 },
  );
}

export function done(peer: PeerProcess): Promise<Said> {
  return peer.until(({ type }) => type === 'download-completed', WHOLE_FILM_MS);
}
