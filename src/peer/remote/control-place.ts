/** Which running peer of this machine is meant, by the settings it was started with. */
import { existsSync } from 'node:fs';
import type { Settings } from '#config/load.js';
import { FIRST_PORT, PORT_TRIES } from '#config/schema.js';
import { P2pError } from '#src/domain/errors.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';
import { defaultDataFolder, thisMachine } from '#src/io/disk/platform-folders.js';
import { controlPath } from '#src/io/web/control-socket.js';

/** @returns its control socket. @throws P2pError `usage` where several could be meant, `offline` where there is none */
export function controlOf(
  { data, port }: Settings,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (data !== null) return controlPath(data);
  const folderOf = (base: number) => defaultDataFolder(thisMachine(), env, base);
  if (typeof port === 'number') return controlPath(folderOf(port));
  const bases = Array.from({ length: PORT_TRIES }, (_, at) => FIRST_PORT + at * PORTS_PER_PEER);
  const found = bases.filter((base) => existsSync(controlPath(folderOf(base))));
  const [first, ...others] = found;
  if (first === undefined) {
    const mend = 'start one with `p2p start`, or say which with --data DIR or --port N';
    throw new P2pError('offline', `no peer runs here: ${mend}`);
  }
  if (others.length > 0) {
    const ports = found.join(', ');
    throw new P2pError('usage', `several peers run here, on ${ports}: say which with --port N`);
  }
  return controlPath(folderOf(first));
}
