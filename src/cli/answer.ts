/** What the terminal tells: the peer's events, and the answers to commands that are no events. */
import type { PeerId } from '#src/domain/ids.js';
import type { PeerEvent } from '#src/peer/events.js';
import type {
  FindRow,
  ListRow,
  MessageRow,
  OfferRow,
  PeerRow,
  RateLimits,
  SendRow,
  Status,
  Topology,
} from '#src/peer/rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';

/** That somebody has all of what was sent to him; `receipt` is what he signed, in base64. */
export type ReceiptRow = Pick<SendRow, 'offerId' | 'name' | 'completes' | 'id' | 'bytes'> & {
  readonly peerId: PeerId;
  /** What he calls himself. */
  readonly by: string;
  /** By his clock, milliseconds since 1970. */
  readonly at: number;
  readonly receipt: string;
};

export type Answer =
  | { readonly type: 'list'; readonly shares: readonly ListRow[] }
  | { readonly type: 'peers'; readonly peers: readonly PeerRow[]; readonly blocked?: true }
  | ({ readonly type: 'status' } & Status)
  | { readonly type: 'find'; readonly contents: readonly FindRow[] }
  /** `dot`: the same as text for Graphviz, where that was asked for. */
  | ({ readonly type: 'topology'; readonly dot?: string } & Topology)
  /** `all`: those that are over are shown, too, however many they are. */
  | {
      readonly type: 'transfers';
      readonly transfers: readonly TransferRow[];
      readonly all?: true;
    }
  /** How they are now; what was cancelled as it was. */
  | {
      readonly type: 'transfers-changed';
      readonly how: 'paused' | 'resumed' | 'cancelled' | 'prioritized';
      readonly transfers: readonly TransferRow[];
    }
  | { readonly type: 'limits'; readonly limits: RateLimits }
  | { readonly type: 'history'; readonly messages: readonly MessageRow[] }
  | { readonly type: 'receipts'; readonly receipts: readonly ReceiptRow[] }
  | { readonly type: 'offers'; readonly offers: readonly OfferRow[] }
  | ({ readonly type: 'offer-rejected' } & OfferRow)
  | ({ readonly type: 'peer-added' } & PeerRow)
  | { readonly type: 'help'; readonly commands: readonly HelpRow[] }
  | { readonly type: 'drilled'; readonly kind: 'kill' | 'hang'; readonly actor: string };

type HelpRow = { readonly usage: string; readonly about: string };

/** `ref` is there where it answers a command that carried one. */
export type Line = (PeerEvent | Answer) & { readonly ref?: string };

/** Where lines go: as JSON, or as sentences and tables. */
export type Output = {
  tell(line: Line): void;
  /** Tells an event that a command waits for, whatever the log level. */
  answer(event: PeerEvent & { readonly ref?: string }): void;
  /** Is not told, but may say what later lines are about. */
  hear(event: PeerEvent): void;
  /** Nothing is told after it. */
  end(): void;
};
