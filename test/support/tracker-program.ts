/** A tracker of a test, as a process of its own on this machine; killed after the test. */
import { join } from 'node:path';
import type { TrackerLine } from '#src/cli/tracker-lines.js';
import { newFolder } from './folders.js';
import { freePeerBase, HOST } from './places.js';
import { type Program, type ProgramOptions, startProgram } from './program.js';
import type { Witness } from './witness.js';

export type TrackerProgram = Omit<Program, 'heard'> & {
  readonly heard: Witness<TrackerLine>;
  readonly peerId: string;
  /** HOST:PORT. */
  readonly where: string;
  /** ID@HOST:PORT. */
  readonly address: string;
  readonly port: number;
  readonly data: string;
};

export type TrackerPlace = { readonly port?: number; readonly data?: string };

/** Starts `p2p tracker`, at a place it had before if one is given. */
export async function startTrackerProgram(
  { port: given, data = join(newFolder(), 'tracker') }: TrackerPlace = {},
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Promise<TrackerProgram> {
  const port = given ?? (await freePeerBase());
  const own = ['--host', HOST, '--port', `${port}`, '--data', data];
  const program = startProgram(['tracker', '--json', ...own, ...args], options);
  // It tells lines of its own; what it is asked of them is the same.
  const heard = program.heard as unknown as Witness<TrackerLine>;
  const { peerId, address } = await heard.until('ready');
  return { ...program, heard, peerId, address, where: `${HOST}:${port}`, port, data };
}
