/** Peers that are there and cannot be talked to: the user is told of each once, and of so many a minute. */
import { hostPortText } from '#src/domain/host-port.js';
import { type Bucket, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';
import type { PeerEvent } from '#src/peer/events.js';
import type * as Mesh from '#workers/mesh.js';

/** A screen at once, and then what somebody may still read: announcements name as many addresses as their sender likes. */
const RATE: Rate = { perSecond: 1 / 60, burst: 20 };

/** As many as peers are known; beyond, whoever was told of longest ago may be told of again. */
const MOST_TOLD = 1024;

export class Strangers {
  readonly #tell: (event: PeerEvent) => void;
  /** Who was told of last is last. */
  readonly #told = new Set<string>();
  #bucket: Bucket | undefined;

  constructor(tell: (event: PeerEvent) => void) {
    this.#tell = tell;
  }

  /** A dial led nowhere: with both versions, or that it is in another network, it is told where it led. */
  unlinked({ host, port, error }: Extract<Mesh.Out, { type: 'dial-failed' }>): void {
    const where = hostPortText({ host, port });
    const isNews = error.code === 'version' || error.code === 'network';
    if (!isNews || this.#told.has(where)) return;
    const bucket = takeToken(this.#bucket, RATE, performance.now());
    // It is told at a later dial.
    if (bucket === undefined) return;
    this.#bucket = bucket;
    this.#told.add(where);
    const [oldest] = this.#told;
    if (this.#told.size > MOST_TOLD && oldest !== undefined) this.#told.delete(oldest);
    const message = error.code === 'version' ? `${where}: ${error.message}` : error.message;
    this.#tell({ type: 'notice', code: error.code, message });
  }
}
