/**
 * What one source says it has of a content, asked once and followed from then on; and of a draft the hashes of that, which
 * have to come first.
 */
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import { takeRun } from '#src/domain/content/hash-run.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { ToldChunks } from '#src/domain/download/told-chunks.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId, PeerId } from '#src/domain/ids.js';
import { type HashesMessage, ProvenRuns } from '#src/io/content/hash-runs.js';
import type { Message } from '#src/wire/message.js';

export type HoldingsSaid = {
  readonly type: 'has';
  readonly ranges: Ranges;
  readonly partly?: true;
};

export class SourceHoldings {
  readonly #id: ContentId;
  readonly #send: (message: Message) => number;
  readonly #say: (said: HoldingsSaid) => void;
  /** Of a draft, whose hashes come from its sender as he learns them. */
  readonly #runs: ProvenRuns | undefined;
  /** Of a draft: the chunks whose hashes are known. */
  #hashed: ChunkSet | undefined;
  #manifest: Manifest | undefined;
  /** What the source was told to have: what it repeats costs this thread something, and no other. */
  #told = new ToldChunks(0);
  #holds: Ranges = [];
  #request = 0;
  /** It had too much to do to say what it has. */
  #isDue = false;

  /** @param send returns the request's number. @param sender of the draft this is of, where it is one. */
  constructor(
    id: ContentId,
    send: (message: Message) => number,
    say: (said: HoldingsSaid) => void,
    sender?: PeerId,
  ) {
    this.#id = id;
    this.#send = send;
    this.#say = say;
    this.#runs = sender && new ProvenRuns(id, sender);
  }

  /** The request that is followed. */
  get request(): number {
    return this.#request;
  }

  /** @param holds which chunks are here already. */
  ask(manifest: Manifest, holds: Ranges): void {
    const { chunks } = manifest.layout;
    this.#manifest = manifest;
    this.#holds = holds;
    this.#told = new ToldChunks(chunks);
    if (this.#runs !== undefined) this.#hashed = new ChunkSet(chunks);
    this.#askNow();
  }

  /** It is asked again where it had too much to do. */
  tick(): void {
    if (this.#isDue) this.#askNow();
  }

  /** @throws P2pError `protocol` */
  take(ranges: Ranges, partly?: true): void {
    this.#proveHashes();
    if (this.#hashed !== undefined && !holdsAll(this.#hashed, ranges)) {
      throw new P2pError('protocol', 'it has chunks whose hashes it has not told');
    }
    const gained = this.#told.take(ranges);
    if (gained !== undefined) this.#say({ type: 'has', ranges: gained, ...(partly && { partly }) });
  }

  /** @throws P2pError `protocol` */
  takeHashes(message: HashesMessage): void {
    if (this.#runs === undefined || this.#manifest === undefined) {
      throw new P2pError('protocol', 'hashes that were not asked for');
    }
    if (this.#runs.take(message)) this.#proveHashes();
  }

  #proveHashes(): void {
    if (this.#runs === undefined || this.#manifest === undefined) return;
    for (const run of this.#runs.prove()) {
      takeRun(this.#manifest, run);
      this.#hashed?.addRanges([run.first, run.hashes.length / HASH_BYTES]);
    }
  }

  /** It does not have this chunk after all. */
  refusedChunk(index: ChunkIndex): void {
    this.#told.refused(index);
  }

  /** It has too much to do just now. */
  wasBusy(request: number): void {
    if (request === this.#request) this.#isDue = true;
  }

  #askNow(): void {
    this.#isDue = false;
    this.#request = this.#send({ type: 'get-have', id: this.#id, holds: this.#holds });
  }
}

function holdsAll(set: ChunkSet, ranges: Ranges): boolean {
  for (let at = 0; at + 1 < ranges.length; at += 2) {
    const [first = 0, count = 0] = [ranges[at], ranges[at + 1]];
    for (let index = first; index < first + count; index += 1) if (!set.has(index)) return false;
  }
  return true;
}
