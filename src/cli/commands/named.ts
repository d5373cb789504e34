/** Finds a command by what was typed. */
import { P2pError } from '#src/domain/errors.js';
import { nearest } from '#src/domain/nearest.js';
import type { Command } from './command.js';

/** @throws {P2pError} `unknown-command`, with the nearest one. */
export function commandNamed(name: string, commands: readonly Command[]): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  if (name === 'drill') {
    throw new P2pError('unknown-command', 'drill is there only in a peer started with --drills');
  }
  const meant = nearest(
    name,
    commands.map((command) => command.name),
  );
  const hint = meant === undefined ? '' : `did you mean ${meant}? `;
  // A whole line of a file piped in by mistake need not be repeated.
  const shown = name.length > 40 ? `${name.slice(0, 40)}...` : name;
  throw new P2pError('unknown-command', `unknown command ${shown}; ${hint}\`help\` lists them all`);
}
