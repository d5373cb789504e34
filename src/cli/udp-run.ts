/** Follows one transfer of a file to its end: progress and sentences for people, lines for programs, signals, exit code. */
import { P2pError } from '#src/domain/errors.js';
import type { FileTransfer } from '#src/peer/file-transfer.js';
import { exitCodeFor } from './exit-code.js';
import { jsonLine } from './json-line.js';
import { canRedraw, complain, type ProcessStreams } from './process-streams.js';
import { createProgress, type Progress } from './progress.js';
import { EXIT_ABORTED, type Signal } from './session-state.js';

/** What one event comes to. */
export type Shown = {
  readonly text?: string;
  readonly progress?: Omit<Progress, 'key'>;
  readonly complaint?: string;
  /** The exit code, where it decides it. */
  readonly code?: number;
};

const KEY = 'file';

/** A transfer that ends and has decided nothing has come to nothing. */
const CAME_TO_NOTHING = 1;

/** @returns the exit code: what an event decided, or as a shell says of what a signal ended. */
export async function runTransfer<Out extends { readonly type: string }>(
  transfer: FileTransfer<Out>,
  streams: ProcessStreams,
  isJson: boolean,
  show: (said: Out) => Shown,
): Promise<number> {
  const { stdout, stderr, env } = streams;
  const display = createProgress(stdout, !isJson && canRedraw(stdout, env));
  let code: number | undefined;
  let stopped: Signal | undefined;
  const stopListening = streams.onSignals((signal) => {
    if (stopped !== undefined) streams.abort(EXIT_ABORTED[signal]);
    stopped = signal;
    if (!isJson) display.print('Stopped.');
    transfer.stop();
  });
  transfer.out.subscribe((said) => {
    const { text, progress, complaint, code: decided } = show(said);
    code = decided ?? code;
    // What a stop brings about is no news; that it came too late is.
    if (stopped !== undefined && decided !== 0) return;
    if (isJson) {
      stdout.write(jsonLine(said));
      return;
    }
    if (progress === undefined) display.drop(KEY);
    else display.show({ key: KEY, ...progress });
    if (text !== undefined) display.print(text);
    if (complaint !== undefined) complain(stderr, new Error(complaint));
  });
  const exit = await transfer.exit;
  stopListening();
  display.end();
  if (exit.reason === 'normal' || code === 0) {
    if (code === 0 || stopped === undefined) return code ?? CAME_TO_NOTHING;
    return EXIT_ABORTED[stopped];
  }
  complain(stderr, new P2pError('actor-failed', exit.error.message));
  return exitCodeFor(exit.error);
}
