/** What a peer tells of what is sent: by it, and to it. The rules of `events.ts` hold here too. */
import type { Skipped } from '#src/domain/catalogue/share-table.js';
import type { PeerId } from '#src/domain/ids.js';
import type { OfferAnswer, OfferEnd, OfferId } from '#src/domain/send/send-offer.js';
import type { OfferRow, SendRow } from './rows.js';

export type OfferEvent =
  /** Somebody would send something. `isTaken`: by the settings `inbox.*`; `why` they do not take it, though from him. */
  | ({
      readonly type: 'offer-received';
      readonly isTaken: boolean;
      readonly why?: string;
    } & OfferRow)
  /** It is being fetched now. */
  | ({ readonly type: 'offer-accepted' } & OfferRow)
  /** It cannot be accepted any more. */
  | ({ readonly type: 'offer-withdrawn'; readonly why: OfferEnd } & OfferRow)
  /** It is here, whole, and its sender gets a receipt. */
  | ({
      readonly type: 'offer-completed';
      readonly path: string;
      readonly failed: number;
      /** Of which transfer it is what did not come: its `transferId`. */
      readonly completes?: string;
    } & Pick<OfferRow, 'offerId' | 'from' | 'fromName' | 'name' | 'id' | 'bytes' | 'files'>)
  /** Its sender gives nothing of it for now, or does again. */
  | ({ readonly type: 'offer-paused'; readonly isPaused: boolean } & Pick<
      OfferRow,
      'offerId' | 'from' | 'fromName' | 'name'
    >)
  /** Its sender has the receipt, and says nothing more of it. */
  | ({ readonly type: 'receipt-noted' } & Pick<OfferRow, 'offerId' | 'from' | 'fromName' | 'name'>)
  /** `isAway`: the one it is for is not here, and hears of it once he is back. */
  | ({ readonly type: 'send-offered'; readonly isAway?: true } & SendRow)
  /** Of what is offered, what is not: links, what cannot be read, what rules leave out. */
  | {
      readonly type: 'send-skipped';
      readonly offerId: OfferId;
      readonly name: string;
      /** The first 10,000; `skippedCount` has them all. */
      readonly skipped: readonly Skipped[];
      readonly skippedCount: number;
      /** Left out by `.p2pignore` or `--exclude`; nothing below a folder that is left out counts. */
      readonly ignoredCount: number;
    }
  /** Files changed or vanished while they were sent: it goes on without them. */
  | {
      readonly type: 'files-failed';
      readonly offerId: OfferId;
      /** `up`: it is this peer that sends it. */
      readonly direction: 'up' | 'down';
      readonly name: string;
      /** The first of them: 10,000 where they are sent, 100 where they would have come. */
      readonly failed: readonly string[];
      readonly failedCount: number;
    }
  | {
      readonly type: 'offer-answered';
      readonly offerId: OfferId;
      readonly peerId: PeerId;
      /** What he calls himself, as far as is known. */
      readonly name: string;
      /** What was offered, by its name. */
      readonly offered: string;
      readonly answer: OfferAnswer;
      /** What keeps him from it, where nobody there said no. */
      readonly why?: { readonly code: string; readonly message: string };
    }
  /** The user of one who takes it has paused it there, or goes on. */
  | {
      readonly type: 'send-paused';
      readonly offerId: OfferId;
      readonly peerId: PeerId;
      /** What he calls himself, as far as is known. */
      readonly name: string;
      /** What was offered, by its name. */
      readonly offered: string;
      readonly isPaused: boolean;
    }
  /** One of those it is for has all of it, and signed that; `by` is what he calls himself. */
  | ({ readonly type: 'send-received'; readonly peerId: PeerId; readonly by: string } & SendRow)
  | {
      readonly type: 'send-failed';
      readonly offerId: OfferId;
      readonly name: string;
      readonly code: 'changed';
      readonly message: string;
    };
