/** Notices that a send moves no more with somebody: no event says so, and it would be shown as if it still did. */
import type { PeerId } from '#src/domain/ids.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { type Clock, SYSTEM_CLOCK } from '#src/supervision/clock.js';
import { QUIET_MS } from './growing-bytes.js';

type Look = (offerId: string, peer: PeerId) => void;

export class SendLulls {
  readonly #look: Look;
  readonly #clock: Pick<Clock, 'after'>;
  /** What cancels the next look, by offer and peer. */
  readonly #stops = new Map<string, () => void>();
  #isClosed = false;

  /** @param look at how it stands with this one, and tell it */
  constructor(look: Look, clock: Pick<Clock, 'after'> = SYSTEM_CLOCK) {
    this.#look = look;
    this.#clock = clock;
  }

  /** @param row as it was told just now. */
  told(offerId: string, { peerId, state }: Pick<TransferRow, 'peerId' | 'state'>): void {
    if (peerId === undefined) return;
    const key = `${offerId} ${peerId}`;
    this.#stops.get(key)?.();
    this.#stops.delete(key);
    if (state !== 'running' || this.#isClosed) return;
    const look = () => {
      this.#stops.delete(key);
      this.#look(offerId, peerId);
    };
    this.#stops.set(key, this.#clock.after(QUIET_MS, look));
  }

  /** Words may be heard after that. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }
}
