/** A question that is answered by a line on stdin. The end of input is an answer too: nobody will say yes any more. */
import { createLineSplitter } from './line-splitter.js';
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

/**
 * What is typed on a terminal while nothing is asked is no answer to what is asked later; a script writes its answers
 * beforehand, and they are kept in their order.
 */
export function createAsker(stdin: ProcessStreams['stdin']): Asker {
  const lines: string[] = [];
  const splitter = createLineSplitter();
  let question: Question | undefined;
  let isOver = false;

  const settle = (answer: YesNo): void => {
    question?.answer(answer);
    question = undefined;
  };
  const next = (): string | undefined => (question === undefined ? undefined : lines.shift());
  const look = (): void => {
    for (let line = next(); line !== undefined; line = next()) {
      const said = meaningOf(line);
      if (said === undefined) question?.unclear();
      else settle(said);
    }
    if (question === undefined && stdin.isTTY === true) lines.length = 0;
    if (lines.length === 0 && isOver) settle('nobody');
    // An endless answer (`yes |`) is not read without end.
    if (lines.length > 0) stdin.pause();
    else stdin.resume();
  };
  const hear = (text: string): void => {
    for (const line of splitter.push(text)) lines.push(line.kind === 'line' ? line.text : '');
    look();
  };
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    for (const line of splitter.end()) lines.push(line.kind === 'line' ? line.text : '');
    look();
  };
  stdin.setEncoding('utf8');
  stdin.on('data', hear);
  const ends = ['end', 'close', 'error'] as const;
  for (const end of ends) stdin.on(end, finish);
  return {
    ask: (unclear) =>
      new Promise((answer) => {
        question = { answer, unclear };
        // Not before the question itself is shown.
        queueMicrotask(look);
      }),
    withdraw() {
      question = undefined;
    },
    end() {
      stdin.off('data', hear);
      for (const end of ends) stdin.off(end, finish);
      stdin.pause();
    },
  };
}

function meaningOf(line: string): 'yes' | 'no' | undefined {
  const word = line.trim().toLowerCase();
  if (word === 'y' || word === 'yes') return 'yes';
  return word === 'n' || word === 'no' ? 'no' : undefined;
}
