/** Follows one transfer of a file to its end: progress and sentences for people, lines for programs, signals, exit code. */
import { type ErrorRecord, EXIT, P2pError } from '#src/domain/errors.js';
import type { FileTransfer } from '#src/peer/file-transfer.js';
import { canRedraw, complain, type ProcessStreams } from './process-streams.js';
import { createProgress } from './progress.js';

/** What one event comes to. */
export type Shown = {
  readonly text?: string | undefined;
  readonly progress?:
    | { readonly label: string; readonly doneBytes: number; readonly bytes: number }
    | undefined;
  readonly error?: ErrorRecord;
  /** The exit code, where it decides it. */
  readonly code?: number;
};

const KEY = 'file';

/** As a shell says of what ended on Ctrl-C. */
const STOPPED = 130;

/** @returns the exit code. */
export async function runTransfer<Out extends { readonly type: string }>(
  transfer: FileTransfer<Out>,
  streams: ProcessStreams,
  isJson: boolean,
  show: (said: Out) => Shown,
): Promise<number> {
  const { stdout, stderr, env } = streams;
  const display = createProgress(stdout, !isJson && canRedraw(stdout, env));
  let code: number | undefined;
  let isStopped = false;
  const stopListening = streams.onSignals(() => {
    if (isStopped) streams.abort(STOPPED);
    isStopped = true;
    transfer.stop();
  });
  const meter = createMeter();
  transfer.out.subscribe((said) => {
    const { text, progress, error, code: decided } = show(said);
    code = decided ?? code;
    if (isJson) stdout.write(`${JSON.stringify(said)}\n`);
    else if (progress !== undefined) display.show({ key: KEY, ...progress, ...meter(progress) });
    else display.drop(KEY);
    if (!isJson && text !== undefined) display.print(text);
    if (!isJson && error !== undefined) complain(stderr, errorOf(error));
  });
  const exit = await transfer.exit;
  stopListening();
  display.end();
  if (exit.reason !== 'normal') complain(stderr, errorOf(exit.error));
  if (isStopped) return STOPPED;
  return exit.reason === 'normal' ? (code ?? 1) : EXIT.software;
}

/** @returns a rate since the first progress, and how long the rest takes at that. */
function createMeter() {
  let first: { readonly at: number; readonly doneBytes: number } | undefined;
  return ({ doneBytes, bytes }: { readonly doneBytes: number; readonly bytes: number }) => {
    const at = performance.now();
    first ??= { at, doneBytes };
    const ms = at - first.at;
    const bytesPerMs = ms === 0 ? 0 : (doneBytes - first.doneBytes) / ms;
    if (bytesPerMs === 0) return {};
    return { bytesPerSecond: bytesPerMs * 1000, etaMs: (bytes - doneBytes) / bytesPerMs };
  };
}

function errorOf({ message }: ErrorRecord): P2pError {
  return new P2pError('unreachable', message);
}
