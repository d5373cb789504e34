/** The table of peers while this one lives: stepped by what happens and when something is due, and asked what it says. */

import type { PeerId } from '#src/domain/ids.js';
import { nextDueAt } from '#src/domain/peers/dial-plan.js';
import type { Address } from '#src/domain/peers/peer-row.js';
import {
  isSettling,
  type PeerLine,
  peerLines,
  stepPeerTable,
} from '#src/domain/peers/peer-table.js';
import {
  type Effect,
  EMPTY_TABLE,
  type Event,
  keptPeers,
  type Table,
} from '#src/domain/peers/peer-table-state.js';

export class PeerTable {
  readonly #perform: (effect: Effect) => void;
  #table: Table;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param most links there may be. */
  constructor(most: number, perform: (effect: Effect) => void) {
    this.#table = { ...EMPTY_TABLE, most };
    this.#perform = perform;
  }

  step(event: Event): void {
    const { state, effects } = stepPeerTable(this.#table, event, performance.now(), Math.random());
    this.#table = state;
    for (const effect of effects) this.#perform(effect);
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const due = nextDueAt(this.#table);
    if (due === Number.POSITIVE_INFINITY) return;
    const inMs = Math.max(1, due - performance.now());
    this.#timer = setTimeout(() => this.step({ type: 'tick' }), inMs);
  }

  lines(): readonly PeerLine[] {
    return peerLines(this.#table, performance.now());
  }

  get strangers(): number {
    return [...this.#table.rows.values()].filter(({ link }) => link === undefined).length;
  }

  addressesOf(peer: PeerId): readonly Address[] {
    return this.#table.rows.get(peer)?.addresses ?? [];
  }

  isRefused(peer: PeerId): boolean {
    return this.#table.blocked.has(peer);
  }

  get isSettling(): boolean {
    return isSettling(this.#table, performance.now());
  }

  get kept(): readonly PeerId[] {
    return [...keptPeers(this.#table)];
  }

  /** Nothing is due any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
