/** A question that is answered by a line on stdin. The end of input is an answer too: nobody will say yes any more. */
import { createLineSplitter, type Line } from './line-splitter.js';
import type { ProcessStreams } from './process-streams.js';

export type YesNo = 'yes' | 'no' | 'nobody';

export type Asker = {
  /** One question at a time. Its text has been shown. @param unclear called for each answer that is neither. */
  ask(unclear: () => void): Promise<YesNo>;
  /** The question is void: it is never answered. */
  withdraw(): void;
  /** Reads nothing any more. */
  end(): void;
};

type Question = { readonly answer: (answer: YesNo) => void; readonly unclear: () => void };

const ENDS = ['end', 'close', 'error'] as const;

/**
 * What is typed on a terminal while nothing is asked is no answer to what is asked later; a script writes its answers
 * beforehand, and they are kept in their order.
 */
export class StdinAsker implements Asker {
  readonly #stdin: ProcessStreams['stdin'];
  readonly #splitter = createLineSplitter();
  readonly #lines: string[] = [];
  #question: Question | undefined;
  #isOver = false;

  constructor(stdin: ProcessStreams['stdin']) {
    this.#stdin = stdin;
    stdin.setEncoding('utf8');
    stdin.on('data', this.#hear);
    for (const end of ENDS) stdin.on(end, this.#finish);
  }

  ask(unclear: () => void): Promise<YesNo> {
    return new Promise((answer) => {
      this.#question = { answer, unclear };
      // Not before the question itself is shown.
      queueMicrotask(() => this.#look());
    });
  }

  withdraw(): void {
    this.#question = undefined;
  }

  end(): void {
    this.#stdin.off('data', this.#hear);
    for (const end of ENDS) this.#stdin.off(end, this.#finish);
    this.#stdin.pause();
  }

  readonly #hear = (text: string): void => this.#take(this.#splitter.push(text));

  readonly #finish = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#take(this.#splitter.end());
  };

  #take(typed: readonly Line[]): void {
    for (const line of typed) this.#lines.push(line.kind === 'line' ? line.text : '');
    this.#look();
  }

  #look(): void {
    this.#answer();
    if (this.#question === undefined && this.#stdin.isTTY === true) this.#lines.length = 0;
    if (this.#lines.length === 0 && this.#isOver) this.#settle('nobody');
    // An endless answer (`yes |`) is not read without end.
    if (this.#lines.length > 0) this.#stdin.pause();
    else this.#stdin.resume();
  }

  /** Looks for an answer in what was typed. */
  #answer(): void {
    while (this.#question !== undefined) {
      const line = this.#lines.shift();
      if (line === undefined) return;
      const said = meaningOf(line);
      if (said === undefined) this.#question.unclear();
      else this.#settle(said);
    }
  }

  #settle(answer: YesNo): void {
    this.#question?.answer(answer);
    this.#question = undefined;
  }
}

function meaningOf(line: string): 'yes' | 'no' | undefined {
  const word = line.trim().toLowerCase();
  if (word === 'y' || word === 'yes') return 'yes';
  return word === 'n' || word === 'no' ? 'no' : undefined;
}
