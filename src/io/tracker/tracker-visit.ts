/** One connection to a tracker, from hello to its end: what is asked on it and answered. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { plainAddress } from '#src/domain/discovery/nearness.js';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { type Bucket, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';
import {
  MEMBERS_AT_HEARTBEAT,
  MEMBERS_AT_START,
  type Member,
  type TrackerMessage,
  type TurnedDown,
} from '#src/domain/tracker/tracker-message.js';
import type { Registrant, TrackerTable } from '#src/domain/tracker/tracker-table.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Session } from '#src/io/net/session.js';

/** `stopped`: it said goodbye; `replaced`: it came again; `crowded-out`: its place is another address's. */
export type MemberDown = 'stopped' | 'lost' | 'replaced' | 'crowded-out';

export type MemberNews =
  | ({ readonly type: 'member-up' } & Member)
  | ({ readonly type: 'member-down'; readonly reason: MemberDown } & Member);

/** Heartbeats are 150 ms apart at the least, by the settings of a peer; some may come late and together. */
const BEATS: Rate = { perSecond: 10, burst: 20 };

export type Guest = Registrant & {
  /** It is registered no longer. */
  readonly dismiss: (reason: MemberDown) => void;
};

export type VisitOptions = {
  readonly table: TrackerTable<Guest>;
  /** What it has to know; empty for everybody. */
  readonly flag: string;
  readonly tell: (news: MemberNews) => void;
};

export class Visit {
  readonly #session: Session;
  readonly #options: VisitOptions;
  #guest: Guest | undefined;
  #beats: Bucket | undefined;

  constructor(session: Session, options: VisitOptions) {
    this.#session = session;
    this.#options = options;
  }

  hear(message: TrackerMessage): void {
    switch (message.type) {
      case 'register':
        return this.#register(message);
      case 'alive':
        return this.#alive();
      case 'ask-base':
        return this.#askBase(message);
      case 'members':
      case 'base':
      case 'turned-down':
        return this.#cut(`${message.type} to a tracker`);
      default:
        return unreachable(message);
    }
  }

  /** Whoever wants something has said so by now. */
  expire(): void {
    if (this.#guest === undefined) this.#cut('a connection to a tracker that is of no use');
  }

  end(reason: MemberDown): void {
    const guest = this.#guest;
    if (guest === undefined || !this.#options.table.leave(guest)) return;
    this.#options.tell({ type: 'member-down', ...memberOf(guest), reason });
  }

  #register({ flag, network, port }: Extract<TrackerMessage, { type: 'register' }>): void {
    if (this.#guest !== undefined) return this.#cut('a second registration on one connection');
    if (!this.#knows(flag)) return this.#turnDown('flag');
    const { peerId, remoteHost } = this.#session;
    const dismiss = (reason: MemberDown) => this.#dismiss(reason);
    const guest: Guest = { peerId, host: plainAddress(remoteHost), port, network, dismiss };
    const { table, tell } = this.#options;
    const registration = table.register(guest);
    if (!registration.isTaken) return this.#turnDown('full');
    const { gone } = registration;
    gone?.dismiss(gone.peerId === peerId ? 'replaced' : 'crowded-out');
    this.#guest = guest;
    tell({ type: 'member-up', ...memberOf(guest) });
    this.#tellMembers(guest, MEMBERS_AT_START);
  }

  #alive(): void {
    if (this.#guest === undefined) return this.#cut('a heartbeat of nobody');
    this.#beats = takeToken(this.#beats, BEATS, performance.now());
    if (this.#beats === undefined) return this.#cut('heartbeats without end');
    this.#tellMembers(this.#guest, MEMBERS_AT_HEARTBEAT);
  }

  #askBase({ flag, from }: Extract<TrackerMessage, { type: 'ask-base' }>): void {
    if (!this.#knows(flag)) return this.#turnDown('flag');
    const port = this.#options.table.freeBase(plainAddress(this.#session.remoteHost), from);
    if (port === undefined) return this.#turnDown('full');
    this.#say({ type: 'base', port });
    this.#session.close();
  }

  #tellMembers(guest: Guest, count: number): void {
    const members = this.#options.table.sample(guest, count, Math.random).map(memberOf);
    this.#say({ type: 'members', members });
  }

  /** The table has dropped it already: its end is told once. */
  #dismiss(reason: MemberDown): void {
    const guest = this.#guest;
    if (guest === undefined) return;
    this.#options.tell({ type: 'member-down', ...memberOf(guest), reason });
    if (reason === 'crowded-out') this.#turnDown('full');
    else this.#session.close();
  }

  /** Digests, so that the time it takes says nothing of how much of a word is right. */
  #knows(flag: string): boolean {
    const wanted = this.#options.flag;
    return wanted === '' || timingSafeEqual(digest(flag), digest(wanted));
  }

  #turnDown(reason: TurnedDown): void {
    this.#say({ type: 'turned-down', reason });
    this.#session.close();
  }

  #say(message: TrackerMessage): void {
    this.#session.send({ type: 'tracker', message });
  }

  #cut(why: string): void {
    this.#session.destroy(new P2pError('protocol', why));
  }
}

function digest(word: string): Uint8Array {
  return createHash('sha256').update(word).digest();
}

function memberOf({ peerId, host, port }: { peerId: PeerId; host: string; port: number }): Member {
  return { peerId, host, port };
}
