/** What rows of the database look like. */
import type { ContentKind } from '#src/domain/content/entries.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Recipient } from '#src/domain/send/recipients.js';
import type { OfferEnd, Reached } from '#src/domain/send/send-offer.js';
import type { Withdrawal } from '#src/domain/send/standstill.js';
import type { Priority } from '#src/domain/send/transfer.js';
import type { Version } from '#src/domain/send/version.js';
import type {
  AuthorRecord,
  CountRecord,
  HorizonRecord,
  MessageRecord,
  PrivateRecord,
} from './talk-rows.js';

/** A path that was hashed: what it is, so that an unchanged one is not read again. */
type HashedRecord = {
  readonly id: ContentId;
  readonly bytes: number;
  readonly chunks: number;
};

/** A download that is not finished. */
export type DownloadRecord = {
  readonly id: ContentId;
  readonly name: string;
  readonly target: string;
  readonly mayRename: boolean;
  readonly staging: string;
  /** Where it was staged before, on other disks: what arrived there is taken along. */
  readonly leftAt?: readonly string[];
  /** What its user said of it, where he said anything. */
  readonly isPaused?: boolean;
  readonly priority?: Priority;
  /** It was sent to this peer alone: others are not to hear of it. */
  readonly isPrivate?: boolean;
  /** Who sent it, where somebody did. */
  readonly from?: PeerId;
  /** What he called himself as he offered it. */
  readonly fromName?: string;
  /** What is fetched is a draft: its content is not known yet. */
  readonly isDraft?: boolean;
  /** The draft this content was fetched by at first. */
  readonly draft?: ContentId;
  /** What was accepted: a content of more is refused. */
  readonly mostBytes?: number;
  /** Files that its sender offered and could not give: the first 100, and how many. */
  readonly failed?: readonly string[];
  readonly failedCount?: number;
  readonly mostFiles?: number;
  /** The folder that it becomes a part of, where that is there still, and the transfer of which it is what did not come. */
  readonly into?: string;
  readonly completes?: string;
  /** As its sender offered it: so much is told of it until more is known. */
  readonly offeredBytes?: number;
};

/** A content that was downloaded whole, and where it went. */
export type ReceivedRecord = HashedRecord & {
  readonly name: string;
  readonly isPrivate?: boolean;
  /** Who sent it, where somebody did. */
  readonly from?: PeerId;
};

/** What this peer offers to send, and what became of it. */
export type SendRecord = {
  readonly offerId: string;
  /** Where it lies here; of several, what lies around the first of them. */
  readonly path: string;
  /** Several that are one offer: their paths. */
  readonly parts?: readonly string[];
  /** Patterns of what is left out of it. */
  readonly exclude?: readonly string[];
  /** The earlier offer of which it is what did not come, and the paths of that: nothing else is sent. */
  readonly rest?: string;
  readonly only?: readonly string[];
  readonly name: string;
  readonly kind: ContentKind;
  /** Lists it, as it was when it was offered. */
  readonly draft: ContentId;
  /** Its content; empty until all of it is hashed. */
  readonly id: ContentId | '';
  readonly bytes: number;
  readonly chunks: number;
  readonly files: number;
  /** A peer's id; empty where it is for all. */
  readonly to: string;
  /** What that peer called itself then, where that was known. */
  readonly toName?: string;
  /** When it was offered, milliseconds since 1970. */
  readonly at: number;
  /** Files that were offered and are not in its content: the first 10,000. */
  readonly failed?: readonly string[];
  readonly failedCount?: number;
  /** What its draft lists, by which it was offered. */
  readonly offered?: { readonly bytes: number; readonly files: number };
  /** What it was before files of it changed, newest first. */
  readonly earlier?: readonly Version[];
  readonly isOpen: boolean;
  /** Why it is open no more. */
  readonly ended?: OfferEnd | undefined;
  /** A one-shot command made it and is gone: only the same command, given again, goes on with it. */
  readonly interrupted?: true | undefined;
  /** When it was over for all, milliseconds since 1970. */
  readonly endedAt?: number;
  /** Why it cannot be sent any more, where that is how it ended. */
  readonly failure?: string | undefined;
  /** As it was not there. */
  readonly isGone?: boolean | undefined;
  /** Nobody is given any of it until its user says so. */
  readonly isPaused?: boolean;
  readonly priority?: Priority;
  readonly recipients: readonly Recipient[];
};

/** What was offered to this peer and accepted. */
export type ReceiveRecord = {
  readonly offerId: string;
  readonly from: string;
  readonly fromName: string;
  readonly name: string;
  readonly draft: ContentId;
  /** Its content; empty until its sender has said it. */
  readonly id: ContentId | '';
  /** Both as it was offered; once it is here, of what came. */
  readonly bytes: number;
  readonly files: number;
  readonly offeredBytes?: number;
  /** Of those offered, what its sender could not give: the first 100, and how many. */
  readonly failed?: readonly string[];
  readonly failedCount?: number;
  /** What it was before files of it changed, newest first. */
  readonly earlier?: readonly Version[];
  /** The earlier offer of his of which it is what did not come, and where that lies. */
  readonly rest?: string;
  readonly into?: string;
  readonly isPrivate: boolean;
  /** The folder it goes to, with a separator at its end, or the full target. */
  readonly to: string;
  /** `noted`: its sender has the receipt. */
  readonly state: 'accepted' | 'received' | 'noted';
  /** One more whenever the user of this peer pauses it or goes on, as its sender was told: odd while it is paused. */
  readonly turns?: number;
  /** Its sender has nothing of it to give any more, and why. */
  readonly withdrawn?: Withdrawal | undefined;
  /** When it was accepted, milliseconds since 1970. */
  readonly at: number;
  /** Where its sender said he is, where he did. */
  readonly where?: Reached;
  /** Whether no user was asked. */
  readonly isUnasked: boolean;
  /** Where it lies, once it is here; empty before. */
  readonly path: string;
  /** As it was signed, in base64; empty before. */
  readonly receipt: string;
};

/** What somebody would send as it is shown to the user, under this number. */
export type OfferNumberRecord = {
  readonly number: number;
  readonly name: string;
  readonly kind: ContentKind;
  readonly bytes: number;
  readonly files: number;
  readonly draft: ContentId;
};

/** The highest number that any offer may have had. */
type OfferCountRecord = { readonly last: number };

/** An offer that the user does not want, and when he said so, milliseconds since 1970. */
type RefusedRecord = { readonly at: number };

/** A transfer to this peer that is over: its row, and when that was, milliseconds since 1970. */
export type EndedRecord = {
  readonly at: number;
  readonly transferId: string;
  readonly direction: 'down';
  readonly state: 'completed' | 'failed' | 'cancelled';
  readonly name: string;
  readonly completes?: string;
  readonly id: ContentId | null;
  readonly peerId?: PeerId;
  readonly peerName?: string;
  readonly bytes: number;
  readonly totalBytes: number | null;
  readonly bytesPerSecond: number;
  readonly etaMs: number | null;
  readonly sources: number;
  readonly priority: Priority;
  readonly files: number | null;
  readonly filesDone: number | null;
  readonly failed: number;
  readonly why?: { readonly code: string; readonly message: string };
};

/** Where a peer was last reached, and when (ms since the epoch). */
type PeerRecord = { readonly host: string; readonly port: number; readonly at: number };

/** What the user called this peer by command; under a key of its own, its colour, empty for none. */
type ProfileRecord = { readonly name: string };

export type Tables = {
  readonly messages: MessageRecord;
  readonly authors: AuthorRecord;
  readonly horizon: HorizonRecord;
  readonly private: PrivateRecord;
  readonly privateAuthors: AuthorRecord;
  readonly counts: CountRecord;
  readonly hashed: HashedRecord;
  readonly downloads: DownloadRecord;
  readonly received: ReceivedRecord;
  readonly peers: PeerRecord;
  readonly profile: ProfileRecord;
  readonly sends: SendRecord;
  readonly receives: ReceiveRecord;
  readonly offerNumbers: OfferNumberRecord;
  readonly offerCount: OfferCountRecord;
  readonly refused: RefusedRecord;
  readonly ended: EndedRecord;
};

export type TableName = keyof Tables;
