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

type Running = { readonly port: number; readonly socket: string };

/**
 * @param name that of the peer, where one is asked for by it.
 * @returns its control socket.
 * @throws P2pError `usage` where several could be meant, `not-found` where none is called so, `offline` where there is none
 */
export async function controlOf(
  { data, port }: Pick<Settings, 'data' | 'port'>,
  env: Readonly<Record<string, string | undefined>>,
  name?: string,
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
  return others.length === 0 && name === undefined ? first.socket : called(name, running);
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
async function called(name: string | undefined, running: readonly Running[]): Promise<string> {
  const named = await Promise.all(
    running.map(async (one) => ({ ...one, name: await nameAt(one.socket) })),
  );
  const [first, ...others] = named.filter((one) => one.name === name);
  if (first !== undefined && others.length === 0) return first.socket;
  const all = named.map((one) => `${one.name} on ${one.port}`).join(', ');
  if (name === undefined || first !== undefined) {
    const mend = 'say which with --port N or --name NAME';
    throw new P2pError('usage', `several peers run here, ${all}: ${mend}`);
  }
  throw new P2pError('not-found', `no peer called ${name} runs here: there is ${all}`);
}

async function nameAt(socket: string): Promise<string> {
  const client = controlClient(socket);
  try {
    return ((await client.ask('getStatus', {})) as Status).name;
  } finally {
    client.close();
  }
}
