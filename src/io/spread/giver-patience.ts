/**
 * When a giver is read, and how long it may take for a step: neither counts while we are busy with what it sent, nor
 * while our own limit holds it back.
 */
import { P2pError } from '#src/domain/errors.js';
import type { Drawer } from '#src/io/net/allowance.js';
import { createDeadline, type Deadline } from '#src/io/net/deadline.js';
import { PacedReading } from '#src/io/net/paced-reading.js';
import type { Session } from '#src/io/net/session.js';

/** For a step: a chunk of 4 MiB at 70 KB/s. Whoever is slower holds room that others could fill. */
const STEP_MS = 60_000;

type Readable = Pick<Session, 'pause' | 'resume' | 'destroy'>;

export class GiverPatience {
  readonly #session: Readable;
  readonly #deadline: Deadline;
  readonly #pace: PacedReading;
  #isBusy = false;
  #isOver = false;

  /** @param drawer of what may be read. */
  constructor(session: Readable, drawer: Drawer) {
    this.#session = session;
    this.#deadline = createDeadline(STEP_MS, () =>
      session.destroy(new P2pError('timed-out', 'it gives too slowly')),
    );
    this.#pace = new PacedReading(drawer, () => this.readOrNot());
  }

  /** So much of it was read. */
  took(bytes: number): void {
    this.#pace.took(bytes);
  }

  /** For its next step it has all the time. */
  awaitStep(): void {
    if (!this.#isBusy && !this.#isOver) this.#deadline.restart();
  }

  /** A slow disk slows the network, not the heap: it is not read until `rest`. */
  beBusy(): void {
    this.#isBusy = true;
    this.readOrNot();
    this.#deadline.stop();
  }

  /** What it sent is done with; it is read again once that is asked for. */
  rest(): void {
    this.#isBusy = false;
  }

  readOrNot(): void {
    if (this.#pace.isHeldBack) this.#deadline.hold();
    else this.#deadline.goOn();
    if (this.#isOver) return;
    if (this.#isBusy || this.#pace.isHeldBack) this.#session.pause();
    else this.#session.resume();
  }

  /** Its session is over. */
  end(): void {
    this.#isOver = true;
    this.#deadline.stop();
  }
}
