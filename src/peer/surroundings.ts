/** What a running download needs of the peer around it. */
import type { ActorPool } from '#src/actor/pool-host.js';
import type { ChunkSet } from '#src/domain/chunk-set.js';
import type { ContentSource } from '#src/domain/content-source.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Known } from '#src/io/index-job.js';
import type { ManifestStore } from '#src/io/manifest-store.js';
import type { Crew } from './crew.js';
import type { Givers } from './givers.js';
import type { HasherJobs } from './hasher-jobs.js';
import type { Home } from './home.js';
import type { Neighbours } from './neighbours.js';
import type { KnowsOf } from './open-secrets.js';
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
