/** Runs of chunk hashes of one draft: signed by whoever sends it, proven by whoever gets them. */
import { P2pError } from '#src/domain/errors.js';
import { HASH_BYTES } from '#src/domain/hash.js';
import { type HashRun, linkOf, RUN_HASHES } from '#src/domain/hash-run.js';
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

/** Believes what its sender has signed, from the first run on and leaving none out. */
export class ProvenRuns {
  readonly #draft: ContentId;
  readonly #sender: PeerId;
  #link: Uint8Array = new Uint8Array(HASH_BYTES);

  constructor(draft: ContentId, sender: PeerId) {
    this.#draft = draft;
    this.#sender = sender;
  }

  /** @throws P2pError `protocol` */
  take({ first, hashes, key, signature }: HashesMessage): HashRun {
    const link = linkOf(this.#link, { first, hashes }, blake3Of);
    if (!isRunOf(this.#sender, key, this.#draft, link, signature)) {
      throw new P2pError('protocol', 'chunk hashes that their sender did not sign');
    }
    this.#link = link;
    return { first, hashes };
  }
}
