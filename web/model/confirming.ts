/** What the user is asked before something that is easily hit and hard to take back: one question at a time. */
import { Cell } from './cell.js';

export type Question = {
  readonly text: string;
  /** What is done after a yes, as its button says. */
  readonly deed: string;
};

export class Confirming {
  readonly asked = new Cell<Question | undefined>(undefined);
  #answered: ((isWanted: boolean) => void) | undefined;

  /** @returns whether the user wants it; not, where he is asked something else meanwhile. */
  ask(text: string, deed: string): Promise<boolean> {
    this.answer(false);
    this.asked.set({ text, deed });
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  answer(isWanted: boolean): void {
    const answered = this.#answered;
    this.#answered = undefined;
    this.asked.set(undefined);
    answered?.(isWanted);
  }
}
