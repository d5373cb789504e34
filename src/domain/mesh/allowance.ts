/** How much is done for peers who ask: so much for each, and so much for all together. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import { SharedBuckets } from '#src/domain/rates/keyed-buckets.js';
import type { Rate } from '#src/domain/rates/token-bucket.js';

/** As many as have a link at once; whoever asked longest ago begins anew, and what is done for all bounds that. */
const MOST_PEERS = 256;

export class Allowance extends SharedBuckets<PeerId> {
  constructor(ofOne: Rate, ofAll: Rate) {
    super(ofOne, ofAll, MOST_PEERS);
  }
}
