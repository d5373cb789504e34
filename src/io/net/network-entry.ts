/**
 * The door of a private network, right inside of TLS: both ends prove that they have its key before either says a word.
 *
 * Who dialled proves it first. So whoever merely knocks is shown nothing that the key went into, not even something to
 * try guesses of a bad key on; he is answered with zeros, for a member with another key to be told what is wrong.
 */
import type { TLSSocket } from 'node:tls';
import { P2pError } from '#src/domain/errors.js';
import type { NetworkKey } from '#src/domain/network-key.js';
import { type End, EXPORTER, isProof, networkProof, PROOF_BYTES } from '#src/wire/network-proof.js';
import type { Feed } from './feed.js';

/** TLS 1.3 makes no difference between this and none, but Node's types do. */
const NO_CONTEXT = Buffer.alloc(0);

const REFUSAL = Buffer.alloc(PROOF_BYTES);

export type Entry = {
  readonly end: End;
  /** Until then the other has proven it, or the connection ends. */
  readonly withinMs: number;
  /** The other end, for the sentence if it has not. */
  readonly whom: string;
};

/** @throws P2pError `network`, `timed-out`, `unreachable`; the connection has ended then, or is about to. */
export function enterNetwork(
  socket: TLSSocket,
  feed: Feed,
  key: NetworkKey,
  { end, withinMs, whom }: Entry,
): Promise<void> {
  const exported = socket.exportKeyingMaterial(EXPORTER.bytes, EXPORTER.label, NO_CONTEXT);
  const other = end === 'client' ? 'server' : 'client';
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      socket.destroy();
      reject(new P2pError('timed-out', `${whom} did not prove its network in time`));
    }, withinMs);
    const gone = () => {
      clearTimeout(late);
      socket.destroy();
      reject(new P2pError('unreachable', `${whom} left before it proved its network`));
    };
    socket.once('end', gone).once('close', gone);
    feed.head(socket, PROOF_BYTES, (proof) => {
      socket.off('end', gone);
      if (!isProof(proof, key, exported, other)) {
        // Until it has closed, the deadline is still there for who does not take his answer.
        if (end === 'server') socket.write(REFUSAL);
        socket.destroySoon();
        reject(otherNetwork(whom));
        return;
      }
      socket.off('close', gone);
      clearTimeout(late);
      if (end === 'server') socket.write(networkProof(key, exported, end));
      resolve();
    });
    if (end === 'client') socket.write(networkProof(key, exported, end));
  });
}

export function otherNetwork(whom: string): P2pError {
  return new P2pError(
    'network',
    `${whom} belongs to another network, or to none: peers see each other where both have the same network.key, or neither has one`,
  );
}
