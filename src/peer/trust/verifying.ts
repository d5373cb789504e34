/** Comparing words with other peers: begins rounds for the user, answers those of others, and tells how each ended. */
import { createHash, randomBytes } from 'node:crypto';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import {
  BEGUN_EVERY_MS,
  type Digest,
  Verification,
  type VerifyEffect,
  type VerifyFailure,
  type VerifyMessage,
} from '#src/domain/peers/verification.js';
import { printable } from '#src/domain/printable.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Reaching } from '#src/peer/network/reaching.js';
import type { Verified } from '#src/peer/rows.js';
import type * as Mesh from '#workers/mesh.js';

/** As much as the hash that commits to it. */
const SECRET_BYTES = 32;

/** All parts but the label have a length that is always the same. */
const digest: Digest = (label, parts) => {
  const hash = createHash('sha256').update(label, 'latin1');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export type VerifyingParts = {
  readonly self: PeerId;
  readonly reaching: Pick<Reaching, 'reach'>;
  /** What a peer calls itself, as far as is known. */
  readonly nameOf: (peer: PeerId) => string;
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

type Asked = {
  readonly ref: string | undefined;
  readonly resolve: (verified: Verified) => void;
  readonly reject: (error: P2pError) => void;
};

export class Verifying {
  readonly #parts: VerifyingParts;
  readonly #machine: Verification;
  /** Who waits for the words of which round. */
  readonly #asked = new Map<PeerId, Asked>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: VerifyingParts) {
    this.#parts = parts;
    this.#machine = new Verification(parts.self, digest);
  }

  /** Resolves with the words that the other shows too. @throws P2pError `offline`, `limit`, `refused`, `timed-out`, `closed` */
  async verify(peer: NamedPeer, ref?: string): Promise<Verified> {
    const release = await this.#parts.reaching.reach(peer);
    try {
      return await this.#round(peer, ref);
    } finally {
      release();
    }
  }

  hear(peer: PeerId, message: VerifyMessage): void {
    this.#carryOut(this.#machine.hear(peer, message, randomBytes(SECRET_BYTES), performance.now()));
  }

  unlinked(peer: PeerId): void {
    this.#carryOut(this.#machine.unlinked(peer));
  }

  unlinkedAll(): void {
    for (const peer of this.#machine.running) this.unlinked(peer);
  }

  close(): void {
    clearTimeout(this.#timer);
    const error = new P2pError('closed', 'the peer has ended');
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  #round({ peerId, name }: NamedPeer, ref: string | undefined): Promise<Verified> {
    if (this.#machine.isRunning(peerId) || this.#asked.has(peerId)) {
      throw new P2pError('limit', `words are being compared with ${printable(name)} already`);
    }
    return new Promise((resolve, reject) => {
      this.#asked.set(peerId, { ref, resolve, reject });
      const secret = randomBytes(SECRET_BYTES);
      this.#carryOut(this.#machine.ask(peerId, secret, performance.now()));
    });
  }

  #carryOut(effects: readonly VerifyEffect[]): void {
    for (const effect of effects) this.#perform(effect);
    clearTimeout(this.#timer);
    const { dueAt } = this.#machine;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    const tick = () => this.#carryOut(this.#machine.tick(performance.now()));
    this.#timer = setTimeout(tick, Math.max(1, dueAt - performance.now())).unref();
  }

  #perform(effect: VerifyEffect): void {
    switch (effect.type) {
      case 'send':
        return this.#parts.order({ type: 'tell', peerId: effect.peer, message: effect.message });
      case 'words':
        return this.#show(effect);
      case 'failed':
        return this.#fail(effect);
      default:
        return unreachable(effect);
    }
  }

  #show({ peer, words, isAsked }: Extract<VerifyEffect, { type: 'words' }>): void {
    const verified = { peerId: peer, name: this.#parts.nameOf(peer), words };
    const asked = this.#settled(peer);
    this.#parts.tell({ type: 'verify', ...verified, asked: isAsked }, asked?.ref);
    asked?.resolve(verified);
  }

  #fail({ peer, why, isAsked, failures }: Extract<VerifyEffect, { type: 'failed' }>): void {
    const asked = this.#settled(peer);
    const name = this.#parts.nameOf(peer);
    const message = WHY[why];
    this.#parts.tell(
      { type: 'verify-failed', peerId: peer, name, code: why, message, asked: isAsked, failures },
      asked?.ref,
    );
    asked?.reject(new P2pError(why === 'timed-out' ? 'timed-out' : 'refused', message));
  }

  #settled(peer: PeerId): Asked | undefined {
    const asked = this.#asked.get(peer);
    this.#asked.delete(peer);
    return asked;
  }
}

const WHY: Readonly<Record<VerifyFailure, string>> = {
  busy: `it compares no more words for now: try again in ${BEGUN_EVERY_MS / 1000} s`,
  mismatch: 'what came was not what had been announced: somebody may stand between',
  'timed-out': 'it did not answer in time',
  aborted: 'the connection ended meanwhile',
};
