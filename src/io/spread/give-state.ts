/**
 * Where the receiving end of a give session stands:
 *
 *     idle -give-> asked -want-> manifest -last page-> giving -put-chunk-> chunk -all bytes-> asked -kept-> giving
 *
 * A refusal ends the request: what still arrives of it is passed over (`refused`) until the next `give`.
 * Whatever else comes out of order ends the session.
 */
import { P2pError } from '#src/domain/errors.js';
import type { GivenChunk } from './given-chunk.js';
import type { Pledge } from './keeper.js';

export type GiveState =
  | { readonly at: 'idle' }
  | { readonly at: 'refused' }
  /** The disk is at work; nothing may arrive. */
  | { readonly at: 'asked' }
  | { readonly at: 'manifest'; readonly request: number; readonly pledge: Pledge }
  | { readonly at: 'giving'; readonly request: number; readonly pledge: Pledge }
  | {
      readonly at: 'chunk';
      readonly request: number;
      readonly pledge: Pledge;
      readonly chunk: GivenChunk;
    };

/** Where a new offer may come: between requests, and where the one before may be over. */
export const MAY_OFFER: ReadonlySet<GiveState['at']> = new Set(['idle', 'refused', 'giving']);

export function outOfOrder(what: string): P2pError {
  return new P2pError('protocol', `it sent ${what} out of order`);
}
