/** What each source brought to a download in this run, also before it was this content. */

import type { Transport } from '#src/domain/download/transport-choice.js';
import type { PeerId } from '#src/domain/ids.js';

export type Brought = readonly {
  readonly peerId: PeerId;
  readonly chunks: number;
  /** By which it was connected to last. */
  readonly transport: Transport;
}[];

/** What became of a download in this run before it was this content. */
export type Earlier = {
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** What was here when it began. */
  readonly heldBytes: number;
  readonly brought: Brought;
};

/** What the same source brought before and since, in one. */
export function added(before: Brought, since: Brought): Brought {
  const sums = new Map(before.map((source) => [source.peerId, source]));
  for (const source of since) {
    const chunks = source.chunks + (sums.get(source.peerId)?.chunks ?? 0);
    sums.set(source.peerId, { ...source, chunks });
  }
  return [...sums.values()];
}
