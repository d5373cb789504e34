/** What the peer answers to what the page asks. */
import type { fileOperations } from '#src/api/file-operations.js';
import type { InputOf, Page } from '#src/api/operation.js';
import type { operations } from '#src/api/operations.js';
import type { ChunkMap } from '#src/domain/content/chunk-map.js';
import type { Ports } from '#src/domain/ports.js';
import type {
  FindRow,
  ListRow,
  MessageRow,
  OfferRow,
  PeerRow,
  SendRow,
  Share,
  Status,
  Topology,
  Verified,
} from '#src/peer/rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';

export type Self = Status & { readonly host: string; readonly ports: Ports };

export type Overview = {
  readonly status: Self;
  readonly peers: Page<PeerRow>;
  readonly blocked: Page<PeerRow>;
  readonly transfers: Page<TransferRow>;
  readonly offers: Page<OfferRow>;
  readonly messages: readonly MessageRow[];
};

/** What the page may ask for: all that the peer does, and links to files, which the web actor makes. */
type Asked = typeof operations & Pick<typeof fileOperations, 'makeLink'>;

export type AskedId = keyof Asked;

export type AskedInput<Id extends AskedId> = InputOf<Asked[Id]>;

/** Of those whose answer the page reads; the others are done, or fail. */
type Known = {
  readonly getStatus: Self;
  readonly getOverview: Overview;
  readonly listPeers: Page<PeerRow>;
  readonly addPeer: PeerRow;
  readonly verifyPeer: Verified;
  readonly getTopology: Topology;
  readonly listShares: Page<ListRow>;
  readonly getChunkMap: ChunkMap;
  readonly findContent: readonly FindRow[];
  readonly addShare: Share;
  readonly listTransfers: Page<TransferRow>;
  readonly listOffers: Page<OfferRow>;
  readonly listMessages: readonly MessageRow[];
  readonly say: MessageRow;
  readonly tell: MessageRow;
  readonly send: SendRow;
  readonly makeLink: { readonly path: string; readonly expiresMs: number };
};

export type AnswerTo<Id extends AskedId> = Id extends keyof Known ? Known[Id] : unknown;

/** Rejects with an `AskError`. */
export type Ask = <Id extends AskedId>(id: Id, input: AskedInput<Id>) => Promise<AnswerTo<Id>>;
