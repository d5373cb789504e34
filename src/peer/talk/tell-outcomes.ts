/** Tells the user what became of a private message of ours. */
import type { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { PeerEvent, TellFailure } from '#src/peer/events.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Kept } from './private-messages.js';

type Parts = {
  /** As what a peer is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

export class TellOutcomes {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  delivered(kept: Kept, ref: string | undefined): void {
    this.#parts.tell({ type: 'message-delivered', ...this.#about(kept) }, ref);
  }

  waiting(kept: Kept, ref: string | undefined): void {
    this.#parts.tell({ type: 'message-waiting', ...this.#about(kept) }, ref);
  }

  failed(kept: Kept, { message }: P2pError, code: TellFailure, ref: string | undefined): void {
    this.#parts.tell({ type: 'message-failed', ...this.#about(kept), code, message }, ref);
  }

  #about({ other, record }: Kept): { id: string; to: PeerId; name: string } {
    return { id: record.id, to: other, name: this.#parts.known(other)?.name ?? '' };
  }
}

/** @returns as what a failure is told: whoever is not reached is not here. */
export function tellFailureOf({ code }: P2pError): TellFailure {
  const isNamed = code === 'timed-out' || code === 'full' || code === 'refused';
  return isNamed || code === 'closed' ? code : 'offline';
}
