/** Every command there is, in the order `help` shows them. */
import { P2pError } from '#src/domain/errors.js';
import { nearest } from '#src/domain/nearest.js';
import { add } from './add.js';
import type { Command } from './command.js';
import { download } from './download.js';
import { drill } from './drill.js';
import { exit } from './exit.js';
import { help } from './help.js';
import { list } from './list.js';
import { peers } from './peers.js';
import { share } from './share.js';
import { status } from './status.js';
import { unshare } from './unshare.js';

const ALL: readonly Command[] = [
  list,
  download,
  share,
  unshare,
  peers,
  add,
  status,
  drill,
  help,
  exit,
];

/** @param drills whether commands that break things on purpose are there. */
export function commandsFor(drills: boolean): readonly Command[] {
  return ALL.filter((command) => drills || command !== drill);
}

/** @throws {P2pError} `unknown-command`, with the nearest one. */
export function commandNamed(name: string, commands: readonly Command[]): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  if (name === drill.name) {
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
