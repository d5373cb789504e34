/** `p2p keygen [FILE]`: a new key for a private network, printed or in a file that only its owner may read. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { P2pError } from '#src/domain/errors.js';
import type { NetworkKey } from '#src/domain/network-key.js';
import { exitCodeOf } from './exit-code.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { typedPath } from './typed-path.js';

const KEY_BYTES = 32;

/** Never rejects. @returns the exit code. */
export async function keygen(file: string | undefined, streams: ProcessStreams): Promise<number> {
  const key = randomBytes(KEY_BYTES).toString('hex') as NetworkKey;
  if (file === undefined) {
    streams.stdout.write(`${key}\n`);
    return 0;
  }
  try {
    writeKey(typedPath(file, streams), key);
    return 0;
  } catch (error) {
    complain(streams.stderr, error);
    return exitCodeOf(error);
  }
}

/** @throws P2pError `usage` where it cannot be made there, `io` where it cannot be written. */
function writeKey(path: string, key: NetworkKey): void {
  const file = created(path);
  try {
    writeSync(file, `${key}\n`);
    fsyncSync(file);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new P2pError('io', `${path} is no whole key, remove it: ${why}`, { cause });
  } finally {
    closeSync(file);
  }
}

function created(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const sentence =
      code === 'EEXIST'
        ? `${path} exists already, and a key is never overwritten: name another file`
        : `${path} cannot be made: ${message}`;
    throw new P2pError('usage', sentence, { cause });
  }
}
