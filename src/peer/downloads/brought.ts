/** What each source brought to a download in this run, by which transport, also before it was this content. */

import type { Transport } from '#src/domain/download/transport-choice.js';
import type { PeerId } from '#src/domain/ids.js';

type Row = {
  readonly peerId: PeerId;
  readonly chunks: number;
  readonly transport: Transport;
};

/** A source that was fetched from by both has a row for each. */
export type Brought = readonly Row[];

/** What became of a download in this run before it was this content. */
export type Earlier = {
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly fetchedBytes: number;
  readonly brought: Brought;
};

export class Tally {
  readonly #rows: Map<string, Row>;

  /** @param before what was brought to what it was then. */
  constructor(before: Brought = []) {
    this.#rows = new Map(before.map((row) => [keyOf(row), row]));
  }

  get brought(): Brought {
    return [...this.#rows.values()];
  }

  /** One more chunk is here. */
  count(peerId: PeerId, transport: Transport): void {
    const key = keyOf({ peerId, transport });
    const chunks = 1 + (this.#rows.get(key)?.chunks ?? 0);
    this.#rows.set(key, { peerId, chunks, transport });
  }
}

function keyOf({ peerId, transport }: Pick<Row, 'peerId' | 'transport'>): string {
  return `${peerId} ${transport}`;
}
