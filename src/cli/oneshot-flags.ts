/** The flags of `send`, `receive` and `get`, and their help texts. */
import { type Command, Option } from 'commander';
import { P2pError } from '#src/domain/errors.js';
import { valueless } from './command-line.js';
import type { GetOptions } from './oneshot-get.js';
import type { ReceiveOptions } from './oneshot-receive.js';
import type { SendOptions } from './oneshot-send.js';
import { addPeerFlags, all, type Given, peerOptions } from './peer-flags.js';

/** Enough for peers to find each other on a busy machine, and for a person to start the other side. */
const PATIENCE_SECONDS = 30;

/** A day: timers count to 24 of them, and who waits longer gives --wait. */
const MOST_SECONDS = 86_400;

const OWN_PEER = `
It is a peer of its own for that time: it takes the settings of \`start\`, shares
nothing, and runs beside a peer that is there already. Its identity lies in
oneshot/COMMAND inside --data (or the platform's folder) and is the same each
time, so that it can be trusted; of several at once the others have their own.`;

const SEND_NOTES = `
PEER is a name, an id or 4 characters of it or more, or HOST:PORT. A name or a
few characters are anybody's, but for those of a peer you trust: in scripts give
the whole id. It ends with 0 once the other side has signed
that all is there; 1 where it was rejected, changed or failed; 69 where nobody
came in time; 130 after Ctrl-C. What was not taken by then is taken back.
With --all whoever takes it within --timeout gets it, with --wait at least one.
What a file .p2pignore in a folder names is not sent: patterns as in .gitignore.
- as PATH is standard input: it is read to its end into a file in the data
folder first, and that is removed at the end.
${OWN_PEER}

Examples:
  p2p send film.mkv photos/ --to kitchen
  tar c project | p2p send - --name-as project.tar --to 192.168.1.5:27460`;

const RECEIVE_NOTES = `
Without --accept it asks on the terminal; trusted takes what peers send that you
trust, all what anybody sends. What it can ask nobody about is turned down. An
offer to all that still stands is one of them, though it was made before: --from
says whose is taken: unasked by 16 characters of the id (80 bits) or more, or
the name of a peer you trust; to be asked about, by any name or 4 characters.
With --once it ends with 0 once all is there, and with 1 where that failed; the
next is waited for where it is taken back. It waits without end, or for
--timeout: then it ends with 69 where nothing is on its way by that time.
${OWN_PEER}

Examples:
  p2p receive --once
  p2p receive --accept all --to /srv/drop --port 27460 --json`;

const GET_NOTES = `
It ends with 0 once it is there, whole and proven, and with 1 where nobody has
it or it failed. What arrived is kept: the same command goes on with it.
${OWN_PEER}

Example:
  p2p get film.mkv --to ~/films/`;

export function addSend(program: Command): Command {
  const command = program
    .command('send <path...>')
    .description('send files, folders or standard input to a peer that is running')
    .option('--to <peer>', 'whom: a name, an id, or HOST:PORT')
    .option('--all', 'everybody who wants it')
    .option('--exclude <pattern>', 'leave out of folders; repeatable', all)
    .option('--wait', 'wait for the other side without end')
    .option(
      '--timeout <seconds>',
      `how long the other side may be away (default: ${PATIENCE_SECONDS})`,
    )
    .option('--name-as <name>', 'what standard input is sent as', 'stdin')
    .addHelpText('after', SEND_NOTES);
  return addPeerFlags(command);
}

export function addReceive(program: Command): Command {
  const command = program
    .command('receive')
    .description('wait for what others send, and take it if you say so')
    .option('--once', 'end after the first that is there')
    .addOption(
      new Option('--accept <who>', 'what is taken unasked').choices(['ask', 'trusted', 'all']),
    )
    .option('--from <peer>', 'take what this one sends, and nothing of others')
    .option('--to <dir>', 'where it goes (default: the inbox, as of `start`)')
    .option('--timeout <seconds>', 'with --once: how long it waits for an offer')
    .allowExcessArguments(false)
    .addHelpText('after', RECEIVE_NOTES);
  return addPeerFlags(command);
}

export function addGet(program: Command): Command {
  const command = program
    .command('get <name|id>')
    .description('find a file or folder that peers share, and fetch it')
    .option('--from <peer>', 'whose, where one name means several')
    .option('--to <path>', 'a folder, or the file that is to be made')
    .option('--timeout <seconds>', `how long it is looked for (default: ${PATIENCE_SECONDS})`)
    .allowExcessArguments(false)
    .addHelpText('after', GET_NOTES);
  return addPeerFlags(command);
}

/** @throws P2pError `usage` */
export function sendOptions(paths: readonly string[], given: Given): SendOptions {
  const to = textOf(given, 'to');
  if ((to === undefined) === (given['all'] !== true)) {
    throw new P2pError('usage', 'send needs --to PEER or --all, one of them');
  }
  const isPatient = given['wait'] === true && given['timeout'] === undefined;
  const patienceMs = isPatient ? undefined : patienceOf(given);
  const nameAs = textOf(given, 'nameAs') ?? 'stdin';
  const exclude = Array.isArray(given['exclude']) ? given['exclude'] : [];
  return { ...peerOptions(given), paths, to, exclude, nameAs, patienceMs };
}

/** @throws P2pError `usage` */
export function receiveOptions(given: Given): ReceiveOptions {
  const [from, to] = [textOf(given, 'from'), textOf(given, 'to')];
  if (from === '') throw new P2pError('usage', '--from takes a name or an id');
  const once = given['once'] === true;
  const isTimed = given['timeout'] !== undefined;
  if (isTimed && !once) throw new P2pError('usage', '--timeout needs --once beside it');
  const patienceMs = isTimed ? patienceOf(given) : undefined;
  return { ...peerOptions(given), once, from, to, patienceMs };
}

/** @throws P2pError `usage` */
export function getOptions(what: string, given: Given): GetOptions {
  const [from, to] = [textOf(given, 'from'), textOf(given, 'to')];
  return { ...peerOptions(given), what, from, to, patienceMs: patienceOf(given) };
}

function patienceOf(given: Given): number {
  const text = textOf(given, 'timeout') ?? String(PATIENCE_SECONDS);
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds * 1000;
  throw new P2pError(
    'usage',
    `--timeout takes seconds, above 0 and up to ${MOST_SECONDS}, not ${text}`,
  );
}

/** @throws P2pError `usage` where the next flag stands in its place: commander takes that for the value */
function textOf(given: Given, flag: string): string | undefined {
  const value = given[flag];
  if (typeof value !== 'string') return undefined;
  if (value.startsWith('--')) {
    throw new P2pError('usage', valueless(`--${kebab(flag)}`, value));
  }
  return value;
}

function kebab(flag: string): string {
  return flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
