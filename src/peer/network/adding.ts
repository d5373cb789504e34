/** Peers added by hand: who waits for which address, and what each is answered. */
import { randomUUID } from 'node:crypto';
import { P2pError } from '#src/domain/errors.js';
import { parseHostPort } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Effect, Of } from '#src/domain/peers/peer-table-state.js';

type Waiting = {
  readonly resolve: (peer: PeerId) => void;
  readonly reject: (error: P2pError) => void;
};

export class Adding {
  readonly #ask: (event: Of<'add'>) => void;
  readonly #waiting = new Map<string, Waiting>();
  #isClosed = false;

  constructor(ask: (event: Of<'add'>) => void) {
    this.#ask = ask;
  }

  /** @throws P2pError `usage`, `unreachable`, `closed` */
  async add(address: string): Promise<PeerId> {
    if (this.#isClosed) throw closed();
    const parsed = parseHostPort(address);
    if (parsed === undefined) {
      throw new P2pError(
        'usage',
        `${address} is no address: write HOST:PORT, the port being the other's base port`,
      );
    }
    return new Promise((resolve, reject) => {
      const ref = randomUUID();
      this.#waiting.set(ref, {
        resolve,
        reject: (error) => reject(new P2pError(error.code, `${address}: ${error.message}`)),
      });
      this.#ask({ type: 'add', ...parsed, ref });
    });
  }

  answer(effect: Extract<Effect, { type: 'answer-add' }>): void {
    const waiting = this.#waiting.get(effect.ref);
    this.#waiting.delete(effect.ref);
    if ('peerId' in effect) waiting?.resolve(effect.peerId);
    else waiting?.reject(new P2pError('unreachable', whyNot(effect.code)));
  }

  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(closed());
    this.#waiting.clear();
  }
}

function closed(): P2pError {
  return new P2pError('closed', 'the peer was closed');
}

function whyNot(code: string): string {
  switch (code) {
    case 'self':
      return 'this is our own address';
    case 'timed-out':
      return 'nothing answered in time; it is tried again from time to time';
    case 'refused':
      return 'it refuses us';
    case 'blocked':
      return 'it is blocked here: `unblock` it first';
    case 'network':
      return 'it belongs to another network, or to none: both need the same network.key, or neither one';
    case 'version':
      return 'it speaks another version of the protocol: update the older of the two';
    case 'protocol':
    case 'identity':
      return 'what answers there is not a peer of this kind';
    default:
      return 'nobody can be reached there; it is tried again from time to time';
  }
}
