/** The key of a private network: given itself, or as the only line of a file. */
import { closeSync, openSync, readSync } from 'node:fs';
import { P2pError } from '#src/domain/errors.js';
import { type NetworkKey, parseNetworkKey } from '#src/domain/network-key.js';
import type { Chosen } from './consistency.js';

type Network = {
  readonly network: { readonly key: NetworkKey | null; readonly keyFile: string | null };
};

/** A key and the end of its line; whatever is longer is no key, a device without end among it. */
const MOST_BYTES = 64 + '\r\n'.length;

/** @throws P2pError `config`, in which nothing stands of what was read. */
export function networkKeyOf({ network }: Network, chosen: Chosen): NetworkKey | null {
  const { key, keyFile } = network;
  if (keyFile === null) return key;
  const where = chosen.get('network.keyFile')?.where ?? 'network.keyFile';
  if (key !== null) {
    const other = chosen.get('network.key')?.where ?? 'network.key';
    throw new P2pError('config', `${where} and ${other} are both given; remove one of them`);
  }
  const read = parseNetworkKey(lineOf(keyFile, where));
  if (read !== undefined) return read;
  throw new P2pError(
    'config',
    `${where}: ${keyFile} does not hold a key, which is 64 hexadecimal digits in lower case; \`p2p keygen FILE\` makes one`,
  );
}

function lineOf(path: string, where: string): string {
  try {
    return beginningOf(path).replace(/\r?\n$/, '');
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new P2pError('config', `${where}: the key cannot be read: ${reason}`, { cause });
  }
}

/** A byte more than a key has, so that a longer text is seen to be none. A pipe gives it in parts. */
function beginningOf(path: string): string {
  const buffer = Buffer.alloc(MOST_BYTES + 1);
  const file = openSync(path, 'r');
  try {
    let filled = 0;
    for (;;) {
      const bytes = readSync(file, buffer, filled, buffer.length - filled, null);
      filled += bytes;
      if (bytes === 0 || filled === buffer.length) return buffer.toString('latin1', 0, filled);
    }
  } finally {
    closeSync(file);
  }
}
