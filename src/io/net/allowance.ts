/**
 * What one thread may move in one direction: each of its sessions draws from the cells that all threads share, piece by
 * piece, and waits until its turn has come. Sessions of one peer draw one after the other (`peer-line.ts`), so that peers
 * share evenly.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { LimitKind } from '#src/domain/rates/limit-schedule.js';
import { pieceBytes } from '#src/domain/rates/rate-share.js';
import { type InLine, PeerLine } from './peer-line.js';
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
  /** Of each peer that draws now. */
  readonly #lines = new Map<PeerId, PeerLine>();

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
    const draw = (who: InLine, bytes: number) =>
      this.#lineOf(peerId, (booked) => pass(cells, stages, booked)).draw(who, bytes);
    return new Drawer(cells, stages, isBackground ? BACKGROUND_WEIGHT : 1, draw);
  }

  #lineOf(peerId: PeerId, book: (bytes: number) => Promise<void>): PeerLine {
    const emptied = () => this.#lines.delete(peerId);
    const line = this.#lines.get(peerId) ?? new PeerLine(book, emptied);
    this.#lines.set(peerId, line);
    return line;
  }
}

type Stage = { readonly kind: LimitKind; readonly cell: number };
type Draw = (who: InLine, bytes: number) => Promise<void>;

export class Drawer implements InLine {
  /** How much of its peer's part this session gets where others of that peer get 1: the peer's own word, and of it alone. */
  precedence = 1;
  #weight: number;
  /** As it was when the cells were of this version: it is looked at for every read. */
  #piece: { readonly version: number; readonly bytes: number | undefined } | undefined;
  readonly #cells: RateCells | undefined;
  readonly #stages: readonly Stage[];
  readonly #draw: Draw;
  #waitingSince: number | undefined;
  #waitedMs = 0;
  /** Booked by the last draw for what followed it. */
  #ahead = 0;

  constructor(
    cells: RateCells | undefined,
    stages: readonly Stage[],
    weight: number,
    draw: Draw = () => Promise.resolve(),
  ) {
    this.#cells = cells;
    this.#stages = stages;
    this.#weight = weight;
    this.#draw = draw;
  }

  /** How much this one gets where others have 1. */
  set weight(weight: number) {
    if (weight === this.#weight) return;
    this.#weight = weight;
    this.#piece = undefined;
  }

  get turnWeight(): number {
    return this.#weight * this.precedence;
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

  /**
   * Resolves when so many bytes may move. One at a time.
   * @param following how many follow for sure: as many as belong to the same piece are booked with them.
   */
  async draw(bytes: number, following = 0): Promise<void> {
    const { pieceBytes: piece } = this;
    if (piece === undefined) return;
    const ahead = this.#ahead - bytes;
    this.#ahead = Math.max(0, ahead);
    if (ahead >= 0) return;
    const more = Math.max(0, Math.min(following, piece - bytes));
    this.#waitingSince = performance.now();
    try {
      await this.#draw(this, more - ahead);
      this.#ahead = more;
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

  #rate(kind: LimitKind): number {
    return this.#cells?.rate(kind) ?? 0;
  }
}

/** Resolves when so many bytes may move by all the limits they are under. */
async function pass(cells: RateCells, stages: readonly Stage[], bytes: number): Promise<void> {
  for (const stage of stages) await passOne(cells, stage, bytes);
}

async function passOne(cells: RateCells, { kind, cell }: Stage, bytes: number): Promise<void> {
  for (;;) {
    const rate = cells.rate(kind);
    if (rate === 0) return;
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

/** Does not keep a thread that is ending. */
function slept(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
