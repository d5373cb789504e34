/** Runs of chunk hashes of one draft: signed by whoever sends it, proven by whoever gets them. */

import { HASH_BYTES } from '#src/domain/content/hash.js';
import { type HashRun, linkOf, RUN_HASHES } from '#src/domain/content/hash-run.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { AnnouncerKey } from '#src/wire/announcement.js';
import type { Message } from '#src/wire/message.js';
import { isRunOf, signRun } from '#src/wire/signed-run.js';
import { blake3Of } from './blake3.js';

export type HashesMessage = Extract<Message, { type: 'hashes' }>;

/** Signs what is learned, in its order, and keeps it for whoever asks later. */
export class SignedRuns {
  readonly #draft: ContentId;
  readonly #key: AnnouncerKey;
  readonly #all: HashesMessage[] = [];
  #link: Uint8Array = new Uint8Array(HASH_BYTES);

  constructor(draft: ContentId, key: AnnouncerKey) {
    this.#draft = draft;
    this.#key = key;
  }

  get all(): readonly HashesMessage[] {
    return this.#all;
  }

  /** @param run of any length. @returns it, signed, in messages that fit a frame each */
  add({ first, hashes }: HashRun): readonly HashesMessage[] {
    const added: HashesMessage[] = [];
    for (let at = 0; at < hashes.length; at += RUN_HASHES * HASH_BYTES) {
      const part = hashes.subarray(at, at + RUN_HASHES * HASH_BYTES);
      const run = { first: first + at / HASH_BYTES, hashes: part };
      this.#link = linkOf(this.#link, run, blake3Of);
      const signature = signRun(this.#draft, this.#link, this.#key);
      added.push({ type: 'hashes', ...run, key: this.#key.raw, signature });
    }
    this.#all.push(...added);
    return added;
  }
}

/** So many wait for their proof at most: two megabytes. Whoever asks late hears thousands at once. */
const MOST_UNPROVEN = 64;

/**
 * Believes what its sender has signed, from the first run on and leaving none out. A signature stands for all runs before it:
 * of those that come together only the last one is looked at, since each look takes as long as hashing a hundred runs.
 */
export class ProvenRuns {
  readonly #draft: ContentId;
  readonly #sender: PeerId;
  /** Of all that came. */
  #link: Uint8Array = new Uint8Array(HASH_BYTES);
  readonly #unproven: HashesMessage[] = [];

  constructor(draft: ContentId, sender: PeerId) {
    this.#draft = draft;
    this.#sender = sender;
  }

  /** Puts it to those that wait for their proof. @returns whether that is due now */
  take(message: HashesMessage): boolean {
    this.#link = linkOf(this.#link, message, blake3Of);
    this.#unproven.push(message);
    return this.#unproven.length >= MOST_UNPROVEN;
  }

  /** @returns those that came since it was asked last, in their order. @throws P2pError `protocol` */
  prove(): readonly HashRun[] {
    const last = this.#unproven.at(-1);
    if (last === undefined) return [];
    if (!isRunOf(this.#sender, last.key, this.#draft, this.#link, last.signature)) {
      throw new P2pError('protocol', 'chunk hashes that their sender did not sign');
    }
    return this.#unproven.splice(0);
  }
}
