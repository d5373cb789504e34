/**
 * Peers that sent what its own proof contradicts: each time the source is dropped, at the third time, or for
 * an attack at once, it is banned for a day. The list is a small file of its own: one that cannot be read refuses everybody until it is mended.
 * While this peer runs a ban ends by the monotonic clock; only what is written for the next start goes by the wall's.
 */
import { join } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';
import { Convictions } from '#src/domain/peers/conviction.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { type Clock, SYSTEM_CLOCK } from '#src/supervision/clock.js';

const BAN_MS = 24 * 3_600_000;

/** `wall`: ms since the epoch, which mean the same to the next start. */
type BanClock = Pick<Clock, 'now' | 'after'> & { wall(): number };

const CLOCK: BanClock = { ...SYSTEM_CLOCK, wall: Date.now };

export class Bans {
  readonly #path: string;
  readonly #clock: BanClock;
  /** By the monotonic clock. */
  readonly #endsAt: Map<PeerId, number>;
  readonly #convictions = new Convictions();
  #onEnd: () => void = () => undefined;
  #cancelTimer: () => void = () => undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, clock: BanClock, endsAt: Map<PeerId, number>) {
    this.#path = path;
    this.#clock = clock;
    this.#endsAt = endsAt;
  }

  /** @throws P2pError `damaged`: who cannot tell the banned from the others lets nobody in. */
  static async open(data: string, clock = CLOCK): Promise<Bans> {
    const path = join(data, 'bans');
    const text = await readSmallFile(path);
    const endsAt = new Map<PeerId, number>();
    for (const line of (text ?? '').split('\n').filter((one) => one !== '')) {
      const [, id = '', until] = /^(\S+) (\d+)$/.exec(line) ?? [];
      const peer = parsePeerId(id);
      // A number that is not exact would be written in another way than it can be read.
      if (peer === undefined || !Number.isSafeInteger(Number(until))) {
        throw new P2pError(
          'damaged',
          `${path} cannot be read: restore it, or remove it to ban nobody`,
        );
      }
      endsAt.set(peer, clock.now() + Number(until) - clock.wall());
    }
    return new Bans(path, clock, endsAt);
  }

  /** Who is banned now. */
  get all(): readonly PeerId[] {
    const now = this.#clock.now();
    return [...this.#endsAt].filter(([, endsAt]) => endsAt > now).map(([peer]) => peer);
  }

  /** Who is banned now, and until when: ms since 1970. */
  get rows(): readonly { readonly peerId: PeerId; readonly until: number }[] {
    const toWall = this.#clock.wall() - this.#clock.now();
    return this.all.map((peerId) => ({
      peerId,
      until: Math.round((this.#endsAt.get(peerId) ?? 0) + toWall),
    }));
  }

  /** Ends a ban: what the peer sends is judged anew. @returns whether there was one. */
  pardon(peer: PeerId): boolean {
    this.#convictions.pardon(peer);
    const wasBanned = this.#endsAt.delete(peer);
    this.#awaitNextEnd();
    return wasBanned;
  }

  /** Calls whenever a ban has ended. @returns what ends that. */
  watch(onEnd: () => void): () => void {
    this.#onEnd = onEnd;
    this.#awaitNextEnd();
    return () => {
      this.#onEnd = () => undefined;
      this.#cancelTimer();
    };
  }

  /** An attack bans at once. @returns whether the peer is banned from now on. */
  convict(peer: PeerId, isAttack = false): boolean {
    if (!this.#convictions.convict(peer, isAttack)) return false;
    this.#endsAt.set(peer, this.#clock.now() + BAN_MS);
    this.#awaitNextEnd();
    return true;
  }

  /** Writes the list; writes follow each other. */
  save(): Promise<void> {
    const text = this.rows.map(({ peerId, until }) => `${peerId} ${until}\n`).join('');
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(() => writeSmallFile(this.#path, text));
    return this.#writing;
  }

  #awaitNextEnd(): void {
    this.#cancelTimer();
    if (this.#endsAt.size === 0) return;
    const inMs = Math.min(...this.#endsAt.values()) - this.#clock.now();
    // A ban of a longer time, written under a clock that was wrong, is looked at once a day.
    const waitMs = Math.max(1, Math.min(inMs, BAN_MS));
    this.#cancelTimer = this.#clock.after(waitMs, () => this.#endDue());
  }

  #endDue(): void {
    const now = this.#clock.now();
    const due = [...this.#endsAt].filter(([, endsAt]) => endsAt <= now);
    for (const [peer] of due) {
      this.#endsAt.delete(peer);
      this.#convictions.pardon(peer);
    }
    this.#awaitNextEnd();
    if (due.length > 0) this.#onEnd();
  }
}
