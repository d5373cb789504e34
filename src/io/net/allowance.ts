/**
 * What one thread may move in one direction: each of its sessions draws from the cells that all threads share, piece by
 * piece, and waits until its turn has come. Sessions of one peer draw one after the other, so that peers share evenly.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { LimitKind } from '#src/domain/rates/limit-schedule.js';
import { pieceBytes } from '#src/domain/rates/rate-share.js';
import { type Direction, RateCells } from './rate-cells.js';

/** What has to wait for less goes at once: no timer is finer, and it is made up for by the next. */
const SOON_MS = 1;

/** Whoever waits for longer looks up so often whether the limits have changed. */
const LOOK_UP_MS = 1000;

/** What is done in the background gets this part of what each other one gets, and all where there is no other. */
const BACKGROUND_WEIGHT = 1 / 16;

export type AllowanceOptions = {
  readonly direction: Direction;
  readonly isBackground?: boolean;
};

export class Allowance {
  readonly #cells: RateCells | undefined;
  readonly #options: AllowanceOptions;
  /** The last draw of each peer. */
  readonly #turns = new Map<PeerId, Promise<void>>();

  /** @param memory of the cells; without it nothing is limited. */
  constructor(memory: SharedArrayBuffer | undefined, options: AllowanceOptions) {
    this.#cells = memory === undefined ? undefined : new RateCells(memory);
    this.#options = options;
  }

  drawer(peerId: PeerId): Drawer {
    if (this.#cells === undefined) return new Drawer(undefined, [], 1);
    const { direction, isBackground = false } = this.#options;
    const cells = this.#cells;
    const stages: Stage[] = [{ kind: 'peer', cell: cells.peerCellOf(peerId, direction) }];
    if (isBackground) stages.push({ kind: 'background', cell: cells.backgroundCellOf(direction) });
    // The last, so that what is booked here moves when its time has come.
    stages.push({
      kind: direction === 'up' ? 'upload' : 'download',
      cell: cells.cellOf(direction),
    });
    const inTurn = (draw: () => Promise<void>) => this.#inTurn(peerId, draw);
    return new Drawer(cells, stages, isBackground ? BACKGROUND_WEIGHT : 1, inTurn);
  }

  #inTurn(peerId: PeerId, draw: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(peerId) ?? Promise.resolve()).then(draw);
    this.#turns.set(peerId, turn);
    void turn.then(() => {
      if (this.#turns.get(peerId) === turn) this.#turns.delete(peerId);
    });
    return turn;
  }
}

type Stage = { readonly kind: LimitKind; readonly cell: number };

export class Drawer {
  #weight: number;
  /** As it was when the cells were of this version: it is looked at for every read. */
  #piece: { readonly version: number; readonly bytes: number | undefined } | undefined;
  readonly #cells: RateCells | undefined;
  readonly #stages: readonly Stage[];
  readonly #inTurn: (draw: () => Promise<void>) => Promise<void>;
  #waitingSince: number | undefined;
  #waitedMs = 0;

  constructor(
    cells: RateCells | undefined,
    stages: readonly Stage[],
    weight: number,
    inTurn: (draw: () => Promise<void>) => Promise<void> = (draw) => draw(),
  ) {
    this.#cells = cells;
    this.#stages = stages;
    this.#weight = weight;
    this.#inTurn = inTurn;
  }

  /** How much this one gets where others have 1. */
  set weight(weight: number) {
    this.#weight = weight;
    this.#piece = undefined;
  }

  /** Whether it is our own limit that something waits for now. */
  get isWaiting(): boolean {
    return this.#waitingSince !== undefined;
  }

  /** @returns for how long it has waited since this was asked last. */
  takeWaitedMs(): number {
    this.#countWaited();
    const waited = this.#waitedMs;
    this.#waitedMs = 0;
    return waited;
  }

  /** How much to draw at a time; undefined where nothing is limited. */
  get pieceBytes(): number | undefined {
    const version = this.#cells?.version ?? 0;
    if (this.#piece?.version !== version) this.#piece = { version, bytes: this.#pieceBytes() };
    return this.#piece.bytes;
  }

  /** Resolves when so many bytes may move. One at a time. */
  async draw(bytes: number): Promise<void> {
    if (this.pieceBytes === undefined) return;
    this.#waitingSince = performance.now();
    try {
      await this.#inTurn(async () => {
        for (const stage of this.#stages) await this.#pass(stage, bytes);
      });
    } finally {
      this.#countWaited();
      this.#waitingSince = undefined;
    }
  }

  #countWaited(): void {
    if (this.#waitingSince === undefined) return;
    const now = performance.now();
    this.#waitedMs += now - this.#waitingSince;
    this.#waitingSince = now;
  }

  #pieceBytes(): number | undefined {
    const rates = this.#stages.map(({ kind }) => this.#rate(kind)).filter((rate) => rate > 0);
    return rates.length === 0 ? undefined : pieceBytes(Math.min(...rates), this.#weight);
  }

  async #pass({ kind, cell }: Stage, bytes: number): Promise<void> {
    const cells = this.#cells;
    for (;;) {
      const rate = this.#rate(kind);
      if (cells === undefined || rate === 0) return;
      const { version } = cells;
      let ms = cells.book(cell, bytes, rate);
      while (ms > SOON_MS && cells.version === version) {
        const step = Math.min(ms, LOOK_UP_MS);
        const before = performance.now();
        await slept(step);
        ms -= performance.now() - before;
      }
      if (cells.version === version) return;
    }
  }

  #rate(kind: LimitKind): number {
    return this.#cells?.rate(kind) ?? 0;
  }
}

/** Does not keep a thread that is ending. */
function slept(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
