/** Standard input as a file: it is read to its end, as its length and its hash are offered before its bytes. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { Scene } from './oneshot.js';

/** The folder and the file may hold what nobody else on this machine is to read. */
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

/** @returns where it lies. @throws P2pError `io` */
export async function keepInput(name: string, scene: Scene): Promise<string> {
  const { streams, over } = scene;
  // Of one that was killed.
  await removeInput(scene);
  const folder = folderIn(scene);
  await mkdir(folder, { mode: PRIVATE_FOLDER });
  const path = join(folder, name);
  const stop = new AbortController();
  const { signal } = stop;
  const file = createWriteStream(path, { mode: PRIVATE_FILE });
  const kept = pipeline(streams.stdin, file, { signal });
  try {
    await Promise.race([over, kept]);
  } catch (cause) {
    stop.abort();
    // Nothing is written to it any more once this has settled, however.
    await kept.catch(() => undefined);
    await Promise.race([over, Promise.resolve()]);
    const { message } = toRecord(cause);
    throw new P2pError('io', `standard input cannot be kept in ${path}: ${message}`, { cause });
  }
  return path;
}

export async function removeInput(scene: Scene): Promise<void> {
  await rm(folderIn(scene), { recursive: true, force: true });
}

function folderIn({ data }: Scene): string {
  return join(data, 'stdin');
}
