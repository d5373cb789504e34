/** The one place that listens to signals. */
import type { Signal } from './session-state.js';

const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @returns a function that stops listening, after which a signal kills as it does by default. */
export function onSignals(listener: (signal: Signal) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
