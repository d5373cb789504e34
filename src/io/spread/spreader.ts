/**
 * Carries out rounds of distribution: what is held and where, who is up and at which address, and the sessions
 * in which chunks are given. What is given to whom is decided by the plan.
 */
import { defer, endWith, from, ignoreElements, mergeMap, type Observable, of, Subject } from 'rxjs';
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import {
  Distribution,
  type DistributionRules,
  type Gift,
} from '#src/domain/spread/distribution.js';
import { HeldContents } from '#src/io/content/held-contents.js';
import { Allowance } from '#src/io/net/allowance.js';
import type { Session } from '#src/io/net/session.js';
import { type Address, type GiverPlace, giveTo } from './giver.js';

/** Two fill a gigabit link while one waits for a disk; more only compete. */
const PEERS_AT_ONCE = 2;

export type SpreaderInit = DistributionRules &
  GiverPlace & {
    readonly manifests: string;
    readonly refused: readonly PeerId[];
    /** Of the limits that all threads share. */
    readonly rates?: SharedArrayBuffer;
  };

/** A content to be given away. */
export type Held = {
  readonly id: ContentId;
  readonly name: string;
  /** Where it lies. */
  readonly source: ContentSource;
  /** In shared memory; read from its file where it is missing. */
  readonly manifest?: Manifest;
};

export type SpreaderEvent =
  | { readonly type: 'content-stale'; readonly id: ContentId }
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

export type RoundDone = {
  readonly type: 'round-done';
  /** Chunks and bytes given in this round; chunks held here that still have too few copies. */
  readonly sent: number;
  readonly bytes: number;
  readonly belowTarget: number;
};

/** What is held and where, who is up, and the sessions that are open. */
export class Spreader {
  readonly said = new Subject<SpreaderEvent>();
  readonly #init: SpreaderInit;
  readonly #allowance: Allowance;
  readonly distribution: Distribution;
  readonly #held: HeldContents;
  readonly #addresses = new Map<PeerId, Address>();
  readonly #sessions = new Set<Session>();
  #refused: ReadonlySet<PeerId>;
  #isEnding = false;

  constructor(init: SpreaderInit) {
    this.#init = init;
    this.#allowance = new Allowance(init.rates, { direction: 'up', isBackground: true });
    this.distribution = new Distribution(init, Math.random);
    this.#held = new HeldContents(init.manifests);
    this.#refused = new Set(init.refused);
  }

  async hold({ id, name, source, manifest }: Held): Promise<void> {
    if (manifest !== undefined) this.#held.keep(manifest);
    const lengths = await this.#held.hold(id, source);
    if (lengths !== undefined) {
      const all = lengths.length === 0 ? [] : [0, lengths.length];
      const have = source.kind === 'share' ? all : source.have;
      this.distribution.holdings.hold(id, name, lengths, have);
      return;
    }
    const message = `The manifest of "${name}" is missing: it is not spread.`;
    this.said.next({ type: 'trouble', error: { code: 'damaged', message } });
  }

  letGo(id: ContentId): void {
    this.#held.letGo(id);
    this.distribution.holdings.letGo(id);
  }

  peerUp(peerId: PeerId, address: Address): void {
    this.#addresses.set(peerId, address);
    this.distribution.holdings.peerUp(peerId);
  }

  peerDown(peerId: PeerId): void {
    this.#addresses.delete(peerId);
    this.distribution.peerDown(peerId);
  }

  /** One round: what is planned is given, two peers at once, then it is told how it went. */
  round(): Observable<RoundDone> {
    const tally = { sent: 0, bytes: 0 };
    const gifts = this.distribution.nextRound();
    return from(gifts).pipe(
      mergeMap((gift) => this.#give(gift, tally), PEERS_AT_ONCE),
      endWith(undefined),
      mergeMap(() =>
        of<RoundDone>({ type: 'round-done', ...tally, belowTarget: this.distribution.belowTarget }),
      ),
    );
  }

  /** Sessions say goodbye after the chunk in hand. */
  end(): void {
    this.#isEnding = true;
  }

  /** Ends whatever is still open. */
  drop(): void {
    this.#isEnding = true;
    for (const session of this.#sessions) session.destroy();
    void this.#held.close();
  }

  refuses(peerId: PeerId): boolean {
    return this.#refused.has(peerId);
  }

  #give(gift: Gift, tally: { sent: number; bytes: number }): Observable<never> {
    return defer(async () => {
      try {
        await this.#giveOver(gift, tally);
      } catch (error) {
        if (isOurs(error)) this.said.next({ type: 'trouble', error: toRecord(error) });
        // Out of reach or out of order: a peer like one that refuses.
        else if (!this.#isEnding) this.distribution.refused(gift.peerId);
      }
    }).pipe(ignoreElements());
  }

  async #giveOver(gift: Gift, tally: { sent: number; bytes: number }): Promise<void> {
    const address = this.#addresses.get(gift.peerId);
    if (address === undefined || this.#isEnding) return;
    await giveTo(address, this.#init, gift, {
      sessions: this.#sessions,
      distribution: this.distribution,
      allowance: this.#allowance,
      open: (id) => this.#held.open(id),
      onStale: (id) => this.#stale(id),
      onGiven: (bytes) => {
        tally.sent += 1;
        tally.bytes += bytes;
      },
      isEnding: () => this.#isEnding || !this.#addresses.has(gift.peerId),
    });
  }

  #stale(id: ContentId): void {
    this.letGo(id);
    this.said.next({ type: 'content-stale', id });
  }

  refuse(peers: readonly PeerId[]): void {
    this.#refused = new Set(peers);
    for (const session of this.#sessions) {
      if (this.#refused.has(session.peerId)) session.destroy();
    }
  }
}

/** What our own disk said, as against the other peer. */
function isOurs(error: unknown): boolean {
  return !(error instanceof P2pError);
}
