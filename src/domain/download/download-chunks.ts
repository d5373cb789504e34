/** The part of a download in which chunks are asked for and come in, from whoever has them. Pure. */
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { LIMITS } from '#src/domain/limits.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { DownloadIn, DownloadOut, SourceEvent } from './download-events.js';
import type { Phase } from './download-phase.js';
import type { ProgressMeter } from './download-progress.js';
import type { Duty, Source } from './download-source.js';
import { SaidHoldings } from './said-holdings.js';
import { Schedule } from './schedule.js';

type ChunkEvent = Extract<
  SourceEvent,
  { type: 'source-has' | 'chunk-arriving' | 'chunk-stored' | 'chunk-refused' }
>;

type Taken = {
  readonly out: readonly DownloadOut[];
  /** What brings the download on: a chunk that was not here, or a part of one. */
  readonly gained?: 'chunk' | 'part';
};

/** Runs of what is here, as many as a source takes at once: what is left out it may show in vain. */
const MOST_RUNS = LIMITS.elements / 2;

const NOTHING: Taken = { out: [] };

export class DownloadChunks implements Phase {
  readonly name = 'fetching';
  /** What is here; it grows. */
  readonly have: ChunkSet;
  readonly #schedule: Schedule;
  readonly #said = new SaidHoldings();
  readonly #meter: ProgressMeter;
  readonly #chunkBytes: number;

  /** @param random from 0 to below 1. */
  constructor(
    { chunks, chunkBytes, bytes, have, haveBytes }: Extract<DownloadIn, { type: 'staged' }>,
    meter: ProgressMeter,
    random: () => number,
  ) {
    this.have = ChunkSet.from(chunks, have);
    this.#schedule = new Schedule(chunks, chunkBytes, this.have, random);
    this.#meter = meter;
    this.#chunkBytes = chunkBytes;
    meter.begin(bytes, haveBytes);
  }

  get isDone(): boolean {
    return this.#schedule.isDone;
  }

  dutyOf({ peer }: Source): Duty {
    return this.#schedule.owes(peer) ? 'owing' : 'idle';
  }

  /** Once for each connection. */
  greet(source: Source, now: number): readonly DownloadOut[] {
    if (source.askedHave) return [];
    source.askedHave = true;
    this.#schedule.sourceUp(source.peer, source.rttMs, now);
    this.#said.asked(source.peer);
    return [{ type: 'ask-have', peer: source.peer, holds: this.have.toRanges(MOST_RUNS) }];
  }

  letGo(source: Source): void {
    this.#forgetParts(source);
    this.#schedule.sourceDown(source.peer);
    this.#said.gone(source.peer);
  }

  ask(now: number): readonly DownloadOut[] {
    const asked = this.#schedule
      .next(now)
      .map(({ source, fetch }) => ({ type: 'ask-chunks', peer: source, chunks: fetch }) as const);
    return [
      ...asked,
      ...this.#said.take(now).map((told) => ({ type: 'tell-held', ...told }) as const),
    ];
  }

  take(source: Source, event: ChunkEvent, now: number): Taken {
    switch (event.type) {
      case 'source-has':
        this.#said.answered(source.peer, event.partly === true);
        this.#schedule.sourceHas(source.peer, event.ranges);
        return NOTHING;
      case 'chunk-arriving':
        return this.#arriving(source, event.bytes);
      case 'chunk-stored':
        return this.#stored(source, event, now);
      case 'chunk-refused':
        if (event.code === 'busy') this.#schedule.busy(source.peer, event.index, now);
        else this.#schedule.refused(source.peer, event.index);
        return NOTHING;
      default:
        return unreachable(event);
    }
  }

  /** Unproven bytes bring a download on for one chunk of each source: who never ends one proves nothing. */
  #arriving(source: Source, bytes: number): Taken {
    if (source.partBytes >= this.#chunkBytes) return NOTHING;
    source.partBytes += bytes;
    this.#meter.partArrived(bytes);
    return { out: [], gained: 'part' };
  }

  #stored(
    source: Source,
    { index, bytes }: Extract<ChunkEvent, { type: 'chunk-stored' }>,
    now: number,
  ): Taken {
    this.#forgetParts(source);
    const { isNew, cancel } = this.#schedule.stored(source.peer, index, bytes, now);
    source.gaveAt = now;
    const out: DownloadOut[] = cancel.map(({ source: loser, chunks }) => ({
      type: 'cancel-chunks',
      peer: loser,
      chunks,
    }));
    if (!isNew) return { out };
    this.#said.gained(index);
    source.brought += 1;
    source.failures = 0;
    this.#meter.add(bytes);
    return { out: [...out, { type: 'chunk-here', index, peer: source.peer }], gained: 'chunk' };
  }

  #forgetParts(source: Source): void {
    this.#meter.partGone(source.partBytes);
    source.partBytes = 0;
  }
}
