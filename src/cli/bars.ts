/** Bars at the bottom of a terminal, one for each that is under way and one in all, gone when they are done. */
import type { SingleBar } from 'cli-progress';
import { type DrawnBars, drawBars, type Terminal } from './drawn-bars.js';
import type { Progress, ProgressDisplay } from './progress.js';
import { totalOf } from './total-progress.js';

type Shown = { readonly bar: SingleBar; readonly progress: Progress };

export class Bars implements ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #shown = new Map<string, Shown>();
  /** The last of all bars, where there are several to sum up. */
  #total: SingleBar | undefined;
  /** While there are any. */
  #drawn: DrawnBars | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(progress: Progress): void {
    const { key, doneBytes } = progress;
    const before = this.#shown.get(key);
    if (before === undefined) this.#dropTotal();
    else before.bar.update(doneBytes, { progress });
    this.#drawn ??= drawBars(this.#terminal);
    this.#shown.set(key, { bar: before?.bar ?? this.#drawn.add(progress), progress });
    this.#drawTotal(this.#drawn);
  }

  drop(key: string): void {
    const gone = this.#shown.get(key);
    if (gone === undefined || this.#drawn === undefined) return;
    this.#shown.delete(key);
    if (this.#shown.size === 0) return this.end();
    this.#drawn.remove(gone.bar);
    this.#drawTotal(this.#drawn);
  }

  print(text: string): void {
    if (this.#drawn === undefined) this.#terminal.write(`${text}\n`);
    else this.#drawn.print(text);
  }

  typed(text: string): void {
    this.#drawn?.typed(text);
  }

  end(): void {
    this.#drawn?.close();
    this.#drawn = undefined;
    this.#total = undefined;
    this.#shown.clear();
  }

  #drawTotal(drawn: DrawnBars): void {
    const progress = totalOf(Array.from(this.#shown.values(), (one) => one.progress));
    if (progress === undefined) return this.#dropTotal();
    if (this.#total === undefined) this.#total = drawn.add(progress);
    else this.#total.update(progress.doneBytes, { progress });
  }

  #dropTotal(): void {
    if (this.#total !== undefined) this.#drawn?.remove(this.#total);
    this.#total = undefined;
  }
}
