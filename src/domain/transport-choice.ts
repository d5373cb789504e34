/**
 * Which transport a source is dialled by. Where the choice is ours it starts with TCP, which the system does for us, and
 * moves to datagrams where TCP cannot connect or crawls; and back, where those do not get through. Pure: time is monotonic
 * ms.
 */
import type { PeerId } from './ids.js';

export type Transport = 'tcp' | 'udp';

/** `auto`: the choice is ours. */
export type TransportSetting = Transport | 'auto';

/** Networks change: after so long TCP is tried again. */
const REMEMBERED_MS = 600_000;

/** As many peers as a peer table holds; the longest known goes first. */
const MOST_PEERS = 1024;

export class TransportChoice {
  readonly #setting: TransportSetting;
  readonly #moved = new Map<PeerId, { readonly to: Transport; readonly at: number }>();

  constructor(setting: TransportSetting) {
    this.#setting = setting;
  }

  /** Whether a source that crawls may be dialled another way. */
  get isFree(): boolean {
    return this.#setting === 'auto';
  }

  of(peer: PeerId, now: number): Transport {
    if (this.#setting !== 'auto') return this.#setting;
    const moved = this.#moved.get(peer);
    if (moved === undefined || now - moved.at > REMEMBERED_MS) return 'tcp';
    return moved.to;
  }

  /** It could not be connected to this way, or crawled. */
  failed(peer: PeerId, transport: Transport, now: number): void {
    this.#moved.delete(peer);
    this.#moved.set(peer, { to: transport === 'tcp' ? 'udp' : 'tcp', at: now });
    const [longest] = this.#moved.keys();
    if (this.#moved.size > MOST_PEERS && longest !== undefined) this.#moved.delete(longest);
  }
}
