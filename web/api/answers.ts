/** What the peer answers to what the page asks. */
import type { Page } from '#src/api/operation.js';
import type { OperationId, OperationInput } from '#src/api/operations.js';
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

/** Of those whose answer the page reads; the others are done, or fail. */
type Known = {
  readonly getStatus: Self;
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
};

export type AnswerTo<Id extends OperationId> = Id extends keyof Known ? Known[Id] : unknown;

/** Rejects with an `AskError`. */
export type Ask = <Id extends OperationId>(
  id: Id,
  input: OperationInput<Id>,
) => Promise<AnswerTo<Id>>;
