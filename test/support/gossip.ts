/** A neighbour in the mesh who says by hand whatever a test chooses, and messages signed by hand. */
import { sign } from 'node:crypto';
import { vi } from 'vitest';
import { portsFrom } from '#src/domain/ports.js';
import type { Identity } from '#src/io/disk/identity.js';
import { announcerKey } from '#src/wire/announcement.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';
import { messageIdOf } from '#src/wire/signed-message.js';
import { type Hand, introduce } from './hostile-peer.js';

const PATIENCE_MS = 20_000;

/** As in docs/protocol.md, chapter 11. */
const CONTEXT = Buffer.from('p2p message 1\0', 'latin1');

export type Neighbour = Pick<Hand, 'closed' | 'end'> & {
  tell(message: MeshMessage): void;
  /** Passes a message on as one that has just come. */
  pass(payload: Uint8Array): void;
};

/** Dials the peer whose ports begin at `base`, and comes back when it is taken for a neighbour. */
export async function becomeNeighbour(base: number, identity: Identity): Promise<Neighbour> {
  const hand = await introduce(portsFrom(base).mesh, 'link', identity);
  const tell = (message: MeshMessage) => hand.send({ type: 'mesh', message });
  const links = { dialled: 0, accepted: 0 };
  tell({ type: 'neighbour', request: 1, priority: 'join', links });
  const isAccepted = ({ message }: (typeof hand.heard)[number]) =>
    message.type === 'mesh' &&
    message.message.type === 'neighbour-answer' &&
    message.message.isAccepted;
  await vi.waitFor(
    () => {
      if (!hand.heard.some(isAccepted)) throw new Error('it was not taken for a neighbour');
    },
    { timeout: PATIENCE_MS, interval: 10 },
  );
  const pass = (payload: Uint8Array) =>
    tell({ type: 'gossip', id: messageIdOf(payload), round: 1, payload });
  return { closed: hand.closed, end: () => hand.end(), tell, pass };
}

/** @returns a body signed as messages are, whatever is in it. @param claimed whose key stands before it. */
export function signedBody(body: Uint8Array, by: Identity, claimed = by): Uint8Array {
  const { raw } = announcerKey(claimed.credentials.keyPem);
  const { secret } = announcerKey(by.credentials.keyPem);
  const signature = sign(null, Buffer.concat([CONTEXT, raw, body]), secret);
  return Buffer.concat([signature, raw, body]);
}
