/**
 * Which transport a source is dialled by. Where the choice is ours it starts with TCP, which the system does for us, and
 * moves to datagrams where TCP cannot connect or crawls. Datagrams that do not get through either lead back: to a TCP
 * that crawls and is left alone from then on, or, where nothing got through, to the beginning, for then the source is
 * just away. So it never goes to and fro between two that work. Pure: time is monotonic ms.
 *
 *     tcp --(not reached, crawls)--> udp --(not reached)--> tcp, to stay (it crawled) | tcp (it was not reached)
 */
import type { PeerId } from '#src/domain/ids.js';

export type Transport = 'tcp' | 'udp';

/** `auto`: the choice is ours. */
export type TransportSetting = Transport | 'auto';

/** What a peer says of itself in hello whose transfer port takes streams over datagrams too. */
export const SPEAKS_UDP = 'udp';

/** What was wrong with the transport that was left. */
export type WhyMoved = 'unreachable' | 'crawling';

export type Move = { readonly to: Transport; readonly why: WhyMoved };

/** How a source is dialled. */
export type Way = {
  readonly transport: Transport;
  /** Whether it is to be left where it crawls. */
  readonly mayMove: boolean;
  /** How long it may take to connect, where that is not what it always is. */
  readonly dialMs?: number;
};

/** Networks change: after so long TCP is tried again, and after it datagrams where they did not get through. */
const REMEMBERED_MS = 600_000;

/** As many peers as a peer table holds; the longest known goes first. */
const MOST_PEERS = 1024;

/** Where there is another way: a lost SYN of TCP is said again after 1 and 3 s, and a crawl takes 5 s to be one too. */
const DIAL_MS = 5000;

type Moved = Move & { readonly at: number; isTold: boolean };

export class TransportChoice {
  readonly #setting: TransportSetting;
  readonly #moved = new Map<PeerId, Moved>();

  constructor(setting: TransportSetting) {
    this.#setting = setting;
  }

  /** @returns undefined where no way is left: only datagrams are allowed, and it does not speak them. */
  way(peer: PeerId, speaksUdp: boolean, now: number): Way | undefined {
    if (this.#setting === 'udp') {
      return speaksUdp ? { transport: 'udp', mayMove: false } : undefined;
    }
    if (this.#setting === 'tcp' || !speaksUdp) return { transport: 'tcp', mayMove: false };
    const moved = this.#remembered(peer, now);
    return {
      transport: moved?.to ?? 'tcp',
      mayMove: moved === undefined,
      dialMs: DIAL_MS,
    };
  }

  /** It could not be connected to this way, or crawled. */
  failed(peer: PeerId, transport: Transport, why: WhyMoved, now: number): void {
    const before = this.#remembered(peer, now);
    if (transport === 'tcp') {
      // Another download found out meanwhile that there is no better way.
      if (why === 'crawling' && before?.to === 'tcp') return;
      this.#move(peer, { to: 'udp', why }, now);
    } else if (before?.to === 'udp' && before.why === 'crawling') {
      this.#move(peer, { to: 'tcp', why }, now);
    } else if (before?.to === 'udp') this.#moved.delete(peer);
  }

  /** It is connected to this way. @returns the move that brought it there, once. */
  connected(peer: PeerId, transport: Transport): Move | undefined {
    const moved = this.#moved.get(peer);
    if (moved === undefined || moved.to !== transport || moved.isTold) return undefined;
    moved.isTold = true;
    return { to: moved.to, why: moved.why };
  }

  #remembered(peer: PeerId, now: number): Moved | undefined {
    const moved = this.#moved.get(peer);
    return moved !== undefined && now - moved.at <= REMEMBERED_MS ? moved : undefined;
  }

  /** The same move for the same reason is no news: how long it holds counts from the first. */
  #move(peer: PeerId, move: Move, now: number): void {
    if (this.#setting !== 'auto') return;
    const before = this.#remembered(peer, now);
    if (before?.to === move.to) return;
    this.#moved.delete(peer);
    this.#moved.set(peer, { ...move, at: now, isTold: false });
    const [longest] = this.#moved.keys();
    if (this.#moved.size > MOST_PEERS && longest !== undefined) this.#moved.delete(longest);
  }
}
