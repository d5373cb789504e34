/**
 * When a session ends and with which exit code, as a pure machine:
 *
 *   running --end of input, if it is to end then--> draining --nothing runs any more--> closing
 *   running, draining --exit, a signal, a closed stdout, the peer's own end--> closing
 *   closing --a second signal--> aborted at once
 */
import { unreachable } from '#src/domain/unreachable.js';

export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export type SessionState = {
  readonly phase: 'running' | 'draining' | 'closing';
  /** Commands that have not answered yet. */
  readonly pending: number;
  readonly failed: boolean;
  /** The exit code unless the peer itself has a graver one. */
  readonly code: number;
};

export type SessionEvent =
  | { readonly type: 'command-started' }
  | { readonly type: 'command-ended'; readonly failed: boolean }
  | { readonly type: 'input-ended'; readonly exits: boolean }
  | { readonly type: 'downloads-ended'; readonly failed: boolean }
  | { readonly type: 'exit-asked' }
  | { readonly type: 'signalled'; readonly signal: Signal }
  | { readonly type: 'output-closed' }
  | { readonly type: 'peer-ended'; readonly code: number };

export type SessionEffect =
  /** Wait until no download runs, those begun by themselves included. */
  | { readonly type: 'await-downloads' }
  | { readonly type: 'close' }
  | { readonly type: 'abort'; readonly code: number };

export type Step = { readonly state: SessionState; readonly effects: readonly SessionEffect[] };

/** A waited-for download failed. */
const EXIT_FAILED = 1;
/** The shell's convention, 128 and the signal's number; SIGTERM is how services are ended, and no failure. */
const EXIT_AFTER: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 0, SIGHUP: 0 };
export const EXIT_ABORTED: Readonly<Record<Signal, number>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
};

export const STARTING: SessionState = { phase: 'running', pending: 0, failed: false, code: 0 };

export function step(state: SessionState, event: SessionEvent): Step {
  switch (event.type) {
    case 'command-started':
      return { state: { ...state, pending: state.pending + 1 }, effects: [] };
    case 'command-ended': {
      const failed = state.failed || event.failed;
      return drained({ ...state, failed, pending: state.pending - 1 });
    }
    case 'input-ended':
      if (!event.exits || state.phase !== 'running') return { state, effects: [] };
      return drained({ ...state, phase: 'draining' });
    case 'downloads-ended':
      if (state.phase !== 'draining') return { state, effects: [] };
      return closing(state, state.failed || event.failed ? EXIT_FAILED : 0);
    case 'exit-asked':
    case 'output-closed':
      return closing(state, 0);
    case 'peer-ended':
      return closing(state, event.code);
    case 'signalled':
      if (state.phase !== 'closing') return closing(state, EXIT_AFTER[event.signal]);
      return { state, effects: [{ type: 'abort', code: EXIT_ABORTED[event.signal] }] };
    default:
      return unreachable(event);
  }
}

function drained(state: SessionState): Step {
  const quiet = state.phase === 'draining' && state.pending === 0;
  return { state, effects: quiet ? [{ type: 'await-downloads' }] : [] };
}

function closing(state: SessionState, code: number): Step {
  if (state.phase === 'closing') return { state, effects: [] };
  return { state: { ...state, phase: 'closing', code }, effects: [{ type: 'close' }] };
}
