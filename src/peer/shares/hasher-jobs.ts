/** Single jobs for the hasher that belong to no share: checking what was downloaded. Survives its restarts. */
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { Place } from '#src/domain/content/place.js';
import { ownCode, P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { CopyJob, CutJob } from '#src/io/content/basis-jobs.js';
import type { Promised } from '#src/io/content/failed-files.js';
import type { RuleSource } from '#src/io/content/ignore-rules.js';
import type { Known } from '#src/io/content/index-job.js';
import type { Crew } from '#src/peer/crew.js';
import type * as Hasher from '#workers/hasher.js';

type Order = Exclude<Hasher.In, { type: 'cancel' }>;
type Answer = Extract<Hasher.Out, { type: 'indexed' | 'verified' | 'cut-done' }>;

/** Somebody who wants to know of a content before all of it is hashed. */
export type Drafting = {
  readonly offer: OfferId;
  /** The file for how the draft's files looked. */
  readonly fingerprints: string;
  readonly promised: Promised;
  /** `drafted` first; once more where the hasher began a new life. */
  readonly hear: (said: Extract<Hasher.Out, { type: 'drafted' | 'hashed' }>) => void;
};

type IndexOptions = {
  /** What is larger is not read. */
  readonly mostBytes?: number;
  readonly rules?: RuleSource;
  readonly signal?: AbortSignal;
  readonly drafting?: Drafting;
  /** False: neither the manifest nor how it looked is kept. */
  readonly isStored?: boolean;
};

type Job = {
  readonly order: Order;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly signal: AbortSignal | undefined;
  readonly hear?: Drafting['hear'];
};

function draftOf({ offer, fingerprints, promised }: Drafting) {
  return { offer, fingerprints, promised };
}

export class HasherJobs {
  readonly #crew: Crew;
  readonly #running = new Map<number, Job>();
  /** Jobs of shares count up from 1, these down from -1: both speak to one hasher. */
  #last = 0;

  constructor(crew: Crew) {
    this.#crew = crew;
  }

  /** @returns those of the staged chunks that are what the manifest says. */
  async verify(
    id: ContentId,
    staging: string,
    chunks: readonly ChunkIndex[],
  ): Promise<readonly ChunkIndex[]> {
    const answer = await this.#run({ type: 'verify', job: this.#next(), id, staging, chunks });
    return answer.type === 'verified' ? answer.good : [];
  }

  /**
   * Copies chunks held elsewhere on this machine into a staged download. @returns those that were good.
   * @throws the hasher's error; once it is answered nothing writes any more, cancelled or not
   */
  async adopt(
    id: ContentId,
    staging: string,
    source: ContentSource,
    chunks: readonly ChunkIndex[],
    signal: AbortSignal,
  ): Promise<readonly ChunkIndex[]> {
    const order = { type: 'adopt', job: this.#next(), id, staging, source, chunks } as const;
    const answer = await this.#run(order, signal);
    return answer.type === 'verified' ? answer.good : [];
  }

  /**
   * Puts chunks of a staged download together from another content here. @returns those that were good.
   * @throws the hasher's error; once it is answered nothing writes any more, cancelled or not
   */
  async copy(job: CopyJob, signal: AbortSignal): Promise<readonly ChunkIndex[]> {
    const answer = await this.#run({ type: 'copy', job: this.#next(), ...job }, signal);
    return answer.type === 'verified' ? answer.good : [];
  }

  /** Writes the list of a content's segments. @throws the hasher's error */
  async cut(job: CutJob, signal?: AbortSignal): Promise<void> {
    await this.#run({ type: 'cut', job: this.#next(), ...job }, signal);
  }

  /** @returns the content id of what lies at `path` now; reads nothing that still looks as known. */
  async identify(path: string, fingerprints: string, known?: Known): Promise<ContentId> {
    return (await this.index(path, fingerprints, known)).id;
  }

  /** Hashes what lies at a path or a place, and notes how it looks in `fingerprints`. @throws P2pError as the hasher says */
  async index(
    place: string | Place,
    fingerprints: string,
    known?: Known,
    { mostBytes, rules, signal, drafting, isStored }: IndexOptions = {},
  ): Promise<Extract<Answer, { type: 'indexed' }>> {
    const order = {
      type: 'index',
      job: this.#next(),
      ...(typeof place === 'string' ? { path: place } : place),
      fingerprints,
      ...(known && { known }),
      ...(mostBytes !== undefined && { mostBytes }),
      ...(rules && { rules }),
      ...(isStored !== undefined && { isStored }),
      ...(drafting && { draft: draftOf(drafting) }),
    } as const;
    const answer = await this.#run(order, signal, drafting?.hear);
    if (answer.type !== 'indexed') throw new Error('a job to index was answered by another one');
    return answer;
  }

  hear(said: Hasher.Out): void {
    const job = this.#running.get(said.job);
    if (job === undefined || said.type === 'progress') return;
    if (said.type === 'drafted' || said.type === 'hashed') return job.hear?.(said);
    this.#running.delete(said.job);
    if (said.type !== 'job-failed') return job.resolve(said);
    const { error } = said;
    job.reject(new P2pError(ownCode(error.code), error.message, { cause: error }));
  }

  hasherRestarted(): void {
    for (const { order, signal } of this.#running.values()) {
      this.#crew.send('hasher', order);
      // What the one before was told of it died with it.
      if (signal?.aborted === true) this.#cancel(order);
    }
  }

  #next(): number {
    this.#last -= 1;
    return this.#last;
  }

  #run(order: Order, signal?: AbortSignal, hear?: Drafting['hear']): Promise<Answer> {
    const cancel = () => this.#cancel(order);
    const answered = new Promise<Answer>((resolve, reject) => {
      this.#running.set(order.job, { order, resolve, reject, signal, ...(hear && { hear }) });
      this.#crew.send('hasher', order);
    });
    if (signal === undefined) return answered;
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    return answered.finally(() => signal.removeEventListener('abort', cancel));
  }

  #cancel({ job }: Order): void {
    this.#crew.send('hasher', { type: 'cancel', job });
  }
}
