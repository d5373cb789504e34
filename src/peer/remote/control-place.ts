/** Which running peer of this machine is meant, by the settings it was started with. */
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Settings } from '#config/load.js';
import { FIRST_PORT } from '#config/schema.js';
import { P2pError } from '#src/domain/errors.js';
import { absentAs } from '#src/io/disk/missing.js';
import { defaultDataFolder, thisMachine } from '#src/io/disk/platform-folders.js';
import { controlPath } from '#src/io/web/control-socket.js';
import type { Status } from '#src/peer/rows.js';
import { controlClient } from './control-client.js';
import { slept } from './peer-end.js';

/** A peer that is busy says its name in far less; one that hangs holds up nobody for longer. */
const ANSWER_MS = 2000;

type Running = { readonly port: number; readonly socket: string };

/**
 * @param name that of the peer, where one is asked for by it.
 * @param answerMs for so long each is waited for to say its name.
 * @returns its control socket.
 * @throws P2pError `usage` where several could be meant, `not-found` where none is called so, `offline` where there is none
 */
export async function controlOf(
  { data, port }: Pick<Settings, 'data' | 'port'>,
  env: Readonly<Record<string, string | undefined>>,
  name?: string,
  answerMs: number = ANSWER_MS,
): Promise<string> {
  if (data !== null) return controlPath(data);
  const folderOf = (base: number) => defaultDataFolder(thisMachine(), env, base);
  if (typeof port === 'number') return controlPath(folderOf(port));
  const running = await runningBelow(dirname(folderOf(FIRST_PORT)), folderOf);
  const [first, ...others] = running;
  if (first === undefined) {
    const mend = 'start one with `p2p start`, or say which with --data DIR or --port N';
    throw new P2pError('offline', `no peer runs here: ${mend}`);
  }
  return others.length === 0 && name === undefined ? first.socket : called(name, running, answerMs);
}

async function runningBelow(
  root: string,
  folderOf: (base: number) => string,
): Promise<readonly Running[]> {
  const folders = await readdir(root).catch(absentAs<readonly string[]>([]));
  const ports = folders.filter((folder) => /^\d{1,5}$/.test(folder)).map(Number);
  const sockets = ports
    .toSorted((one, other) => one - other)
    .map((port) => ({ port, socket: controlPath(folderOf(port)) }));
  const answers = await Promise.all(sockets.map(({ socket }) => isAnswered(socket)));
  return sockets.filter((_, index) => answers[index]);
}

/** What a peer that was killed has left answers nobody. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** @throws P2pError `usage`, `not-found` */
async function called(
  name: string | undefined,
  running: readonly Running[],
  answerMs: number,
): Promise<string> {
  const named = await Promise.all(
    running.map(async (one) => ({ ...one, name: await nameAt(one.socket, answerMs) })),
  );
  const [first, ...others] = named.filter((one) => name !== undefined && one.name === name);
  if (first !== undefined && others.length === 0) return first.socket;
  const all = named.map(shown).join(', ');
  if (name === undefined || first !== undefined) {
    const mend = 'say which with --port N or --name NAME';
    throw new P2pError('usage', `several peers run here, ${all}: ${mend}`);
  }
  throw new P2pError('not-found', `no peer called ${name} runs here: there is ${all}`);
}

function shown({ name, port }: Running & { readonly name: string | undefined }): string {
  return name === undefined ? `one on ${port} that does not answer` : `${name} on ${port}`;
}

/** @returns undefined where it does not answer in that time, or ends. */
async function nameAt(socket: string, answerMs: number): Promise<string | undefined> {
  const client = controlClient(socket);
  const late = new AbortController();
  const named = client.ask('getStatus', {}).then(
    (status) => (status as Status).name,
    () => undefined,
  );
  try {
    return await Promise.race([named, slept(answerMs, late.signal).then(() => undefined)]);
  } finally {
    late.abort();
    client.close();
  }
}
