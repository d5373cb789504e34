/**
 * Where `p2p ctl` finds a running peer: a socket in its data folder, on Windows a pipe named after that folder. Whoever may
 * open it may do everything; so it is nobody else's at any moment.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join, resolve } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { missingAs } from '#src/io/disk/missing.js';

/** sun_path holds 104 bytes on macOS and 108 on Linux, the last one a zero; what is made first is longer by 17. */
const MOST_PATH_BYTES = 103 - 17;

/** What it is made in begins so. */
const MADE_IN = '.control-';

const OWNER_ONLY = 0o600;
const OWNER_FOLDER = 0o700;

/** @param data the data folder of the peer. */
export function controlPath(data: string, os: NodeJS.Platform = process.platform): string {
  if (os !== 'win32') return join(data, 'control.sock');
  const name = createHash('sha256').update(resolve(data).toLowerCase()).digest('hex');
  return `\\\\.\\pipe\\p2p-${name.slice(0, 32)}`;
}

/** @returns what takes it away again. @throws P2pError `address-unavailable` */
export async function listenOnControl(server: Server, data: string): Promise<() => Promise<void>> {
  const path = controlPath(data);
  if (process.platform === 'win32') {
    await listening(server, path);
    return async () => undefined;
  }
  if (Buffer.byteLength(path) > MOST_PATH_BYTES) {
    const why = `${path} is too long for a socket: \`p2p ctl\` works with a shorter --data`;
    throw new P2pError('address-unavailable', why);
  }
  // Made where nobody else can come in, and put in its place when it is the owner's alone; one of an earlier run goes.
  await removeLeft(data);
  const folder = join(data, `${MADE_IN}${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { mode: OWNER_FOLDER });
  try {
    const made = join(folder, 's');
    await listening(server, made);
    await chmod(made, OWNER_ONLY);
    await rename(made, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const own = await inodeOf(path);
  // The next peer of this folder may have put its own there.
  return async () => {
    if ((await inodeOf(path)) === own) await rm(path, { force: true });
  };
}

/** Of one that was killed while it made its own. */
async function removeLeft(data: string): Promise<void> {
  const left = (await readdir(data)).filter((name) => name.startsWith(MADE_IN));
  for (const name of left) await rm(join(data, name), { recursive: true, force: true });
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  const found = await lstat(path, { bigint: true }).catch(missingAs(undefined));
  return found?.ino;
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) => {
      const why = `\`p2p ctl\` will not work: ${cause.message}`;
      reject(new P2pError('address-unavailable', why, { cause }));
    };
    server.once('error', refuse);
    server.listen(path, () => {
      // What goes wrong later is no refusal: it ends the actor, and is told.
      server.off('error', refuse);
      resolve();
    });
  });
}
