/** What a running download needs of the peer around it. */
import type { ActorPool } from '#src/actor/pool-host.js';
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Known } from '#src/io/content/index-job.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import type { Crew } from '#src/peer/crew.js';
import type { Home } from '#src/peer/home.js';
import type { Neighbours } from '#src/peer/network/neighbours.js';
import type { Givers } from '#src/peer/sends/givers.js';
import type { KnowsOf } from '#src/peer/sends/open-secrets.js';
import type { HasherJobs } from '#src/peer/shares/hasher-jobs.js';
import type { Transports } from './transports.js';

export type Surroundings = {
  readonly home: Home;
  readonly crew: Crew;
  readonly pool: ActorPool;
  readonly transports: Transports;
  /** Of the limits that all threads share. */
  readonly rates?: SharedArrayBuffer;
  readonly manifests: ManifestStore;
  readonly neighbours: Neighbours;
  readonly givers: Givers;
  readonly hasherJobs: HasherJobs;
  /** What is whole here under this name, but for this content, in the order in which it came. */
  readonly similar: (
    name: string,
    but: ContentId,
  ) => readonly { readonly path: string; readonly known: Known }[];
  /** Whether a peer knows that a content is whole here. */
  readonly knowsOf: KnowsOf;
  /** What is kept here for others of a content. */
  readonly kept: (
    id: ContentId,
  ) => { readonly have: ChunkSet; readonly source: ContentSource } | undefined;
};
