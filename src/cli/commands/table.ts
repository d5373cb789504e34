/** Every command there is, in the order `help` shows them. */
import { add } from './add.js';
import type { Command } from './command.js';
import { download } from './download.js';
import { drill } from './drill.js';
import { exit } from './exit.js';
import { find } from './find.js';
import { help } from './help.js';
import { history } from './history.js';
import { limit } from './limit.js';
import { list } from './list.js';
import { accept, offers, reject } from './offers.js';
import { peers } from './peers.js';
import { away, back, colour, name } from './profile.js';
import { say } from './say.js';
import { send } from './send.js';
import { share } from './share.js';
import { status } from './status.js';
import { stop } from './stop.js';
import { tell } from './tell.js';
import { topo } from './topo.js';
import { cancel, pause, priority, resume, transfers } from './transfers.js';
import { block, forget, trust, unblock } from './trust.js';
import { unshare } from './unshare.js';
import { verify } from './verify.js';

const ALL: readonly Command[] = [
  list,
  find,
  download,
  transfers,
  pause,
  resume,
  cancel,
  priority,
  limit,
  share,
  unshare,
  send,
  offers,
  accept,
  reject,
  peers,
  add,
  verify,
  trust,
  block,
  unblock,
  forget,
  say,
  tell,
  history,
  topo,
  name,
  colour,
  away,
  back,
  status,
  drill,
  help,
  stop,
  exit,
];

/** @param drills whether commands that break things on purpose are there. */
export function commandsFor(drills: boolean): readonly Command[] {
  return ALL.filter((command) => drills || command !== drill);
}
