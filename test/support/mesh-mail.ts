/** What goes from one simulated peer to another, and how many bytes that is about. */
import type { BroadcastMessage } from '#src/domain/mesh/broadcast-message.js';
import type { HistoryMessage } from '#src/domain/mesh/history-sync.js';
import type { MembershipMessage } from '#src/domain/mesh/membership-message.js';

export type Mail =
  | { readonly kind: 'membership'; readonly message: MembershipMessage }
  | { readonly kind: 'broadcast'; readonly message: BroadcastMessage }
  | { readonly kind: 'history'; readonly message: HistoryMessage };

/** Frame, TLS record, TCP and IP headers around each message, and the names of its fields. */
const AROUND = 100;
/** A key, an address and a port. */
const CONTACT = 60;
/** An id of 16 bytes, and a round. */
const ANNOUNCED = 20;
/** An author's key, an epoch, and a run. */
const ROW = 60;
/** An author's key, epoch and number, a signature, and some words. */
const PAYLOAD = 200;

export function bytesOf({ message }: Mail): number {
  switch (message.type) {
    case 'gossip':
      return AROUND + ANNOUNCED + PAYLOAD;
    case 'have':
      return AROUND + ANNOUNCED * message.messages.length;
    case 'shuffle':
    case 'shuffle-answer':
      return AROUND + CONTACT * (1 + message.sample.length);
    case 'forward-join':
      return AROUND + CONTACT;
    case 'summary':
      return AROUND + ROW * message.rows.length;
    case 'missed':
      return AROUND + PAYLOAD * message.payloads.length;
    default:
      return AROUND;
  }
}
