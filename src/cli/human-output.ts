/** For people: sentences, tables and progress. */
import type { LogLevel } from '#config/load.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Answer, Line, Output } from './answer.js';
import { shows } from './log-level.js';
import { PeerNames } from './peer-names.js';
import { createProgress } from './progress.js';
import { type Sentence, sentenceOf } from './sentence.js';
import { createShareLines } from './share-lines.js';
import { tableOf } from './tables.js';
import { TransferBars } from './transfer-bars.js';

export type Screen = {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  readonly level: LogLevel;
  /** Where lines come from that the terminal shows while they are typed. */
  readonly typed?: NodeJS.ReadableStream | undefined;
  /** Whether stdout is a terminal that can draw a line anew. */
  readonly redraws: boolean;
  readonly color: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** What is told to someone who reads it in a file or a pipe later. */
const PLAIN_COLUMNS = 80;
/** Narrower than this nothing can be read; some terminals say that they have none at all. */
const LEAST_COLUMNS = 20;

/** Bright enough on dark and light; everything else keeps the terminal's own colours. */
const PAINT = { error: '31', warn: '33', good: '32' } as const;

const ANSWERS: ReadonlySet<string> = new Set<Answer['type']>([
  'list',
  'peers',
  'status',
  'find',
  'topology',
  'transfers',
  'transfers-changed',
  'limits',
  'history',
  'peer-added',
  'offers',
  'receipts',
  'offer-rejected',
  'help',
  'drilled',
]);

/** Where no progress is to be seen: what goes on as something else is followed all the same. */
const UNSEEN = { show() {}, drop() {} } as const;

export function createHumanOutput(screen: Screen): Output {
  const { stdout, stderr, level } = screen;
  const terminal = stdout.isTTY === true;
  const progress = createProgress(stdout, screen.redraws);
  screen.typed?.on('data', (text) => progress.typed(String(text)));
  const shareLines = createShareLines((text) => progress.print(text));
  const names = new PeerNames();
  const { now = Date.now } = screen;
  const called = (peerId: string) => names.called(peerId);
  const known = { peerName: (peerId: string) => names.nameOf(peerId), called, now };
  const bars = new TransferBars(shows(level, 'info') ? progress : UNSEEN, called);

  function sentence(event: PeerEvent): void {
    const told = sentenceOf(event, known);
    if (told === undefined || (told.level !== 'always' && !shows(level, told.level))) return;
    // A file keeps every line: nobody has to read along.
    if (event.type === 'share-added' && terminal && !shareLines.isTold(event)) return;
    write(event, told);
  }

  function write(event: PeerEvent, told: Sentence): void {
    shareLines.flush();
    const text = screen.color ? painted(event, told.text) : told.text;
    // On a terminal both are the same place, and only the display knows where its bars stand.
    if (event.type === 'error' && !terminal) stderr.write(`${text}\n`);
    else progress.print(text);
  }

  return {
    answer(event) {
      names.learn(event);
      bars.hear(event);
      const told = sentenceOf(event, known);
      if (told !== undefined) write(event, told);
    },
    hear: (event) => names.learn(event),
    tell(line) {
      names.learn(line);
      if (isAnswer(line)) {
        shareLines.flush();
        progress.print(tableOf(line, tableWidth(stdout.columns), called));
        return;
      }
      bars.hear(line);
      if (line.type !== 'download-started' || !bars.goesOn(line)) sentence(line);
    },
    end() {
      shareLines.flush();
      progress.end();
    },
  };
}

function tableWidth(columns: number | undefined): number {
  return columns === undefined || columns < LEAST_COLUMNS ? PLAIN_COLUMNS : columns;
}

function isAnswer(line: Line): line is Answer {
  return ANSWERS.has(line.type);
}

function painted(event: PeerEvent, text: string): string {
  switch (event.type) {
    case 'error':
    case 'download-failed':
      return paint(PAINT.error, text);
    case 'notice':
    case 'actor-restarted':
      return paint(PAINT.warn, text);
    case 'download-completed':
      return paint(PAINT.good, text);
    default:
      return text;
  }
}

function paint(code: string, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}
