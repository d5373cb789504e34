/** A chunk on its way from a giver: its bytes, put together in the memory that was set aside for it. */
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';

export class GivenChunk {
  readonly index: number;
  /** As many as it has; only once it is whole are they its own. */
  readonly bytes: Uint8Array;
  #filled = 0;

  constructor(index: number, length: number) {
    this.index = index;
    this.bytes = new Uint8Array(length);
  }

  /** @param part valid during the call only. @returns whether it is whole now. @throws P2pError `protocol` */
  take(part: Uint8Array): boolean {
    if (this.#filled + part.length > this.bytes.length) throw tooLong();
    this.bytes.set(part, this.#filled);
    this.#filled += part.length;
    return this.#filled === this.bytes.length;
  }
}

function tooLong(): P2pError {
  return new P2pError(
    'protocol',
    `it sent a chunk that is too long (at most ${LIMITS.chunkBytes})`,
  );
}
