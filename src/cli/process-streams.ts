/** What the program has of its process, as an argument, so that tests can give something else. */
import type { Writable } from 'node:stream';
import type { SettingsInput } from '#config/load.js';
import { toRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { Peer } from '#src/peer/api.js';
import type { Signal } from './session-state.js';

export type ProcessStreams = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; destroy?(): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly createPeer: (options: SettingsInput) => Promise<Peer>;
  readonly onSignals: (listener: (signal: Signal) => void) => () => void;
  /** Ends the process now. */
  readonly abort: (code: number) => void;
};

/** Says in one line on stderr why the program ends. */
export function complain(stderr: Writable, error: unknown): void {
  stderr.write(`p2p: ${printable(toRecord(error).message.replaceAll(/\s*\n\s*/g, ' '))}\n`);
}

/** Whether what stands there can be drawn anew: not in a file or pipe, nor on a terminal that only prints. */
export function canRedraw(
  stdout: { readonly isTTY?: boolean },
  env: ProcessStreams['env'],
): boolean {
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}

/** https://no-color.org: any value but an empty one. A dumb terminal knows no colours either. */
export function wantsColor(
  stdout: { readonly isTTY?: boolean },
  env: ProcessStreams['env'],
  flag: boolean,
): boolean {
  return flag && canRedraw(stdout, env) && !env['NO_COLOR'];
}
