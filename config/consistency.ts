/** What no single setting can tell: values that must fit each other, and paths that must exist. */
import { accessSync, constants, existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import type { Entry } from './entry.js';

/** The entry that won, by setting. */
export type Chosen = ReadonlyMap<string, Entry>;

type Timers = {
  readonly discovery: { readonly heartbeatMs: number; readonly expiryMs: number };
  readonly mesh: { readonly pingMs: number; readonly deadAfterMs: number };
};

type Paths = {
  readonly share: readonly string[];
  readonly downloads: { readonly folder: string };
  readonly data: string | null;
};

/** @throws {P2pError} where one timer makes another pointless. */
export function checkTimers({ discovery, mesh }: Timers, chosen: Chosen): void {
  if (discovery.expiryMs <= discovery.heartbeatMs) {
    throw refused(
      chosen,
      ['discovery.expiryMs', 'discovery.heartbeatMs'],
      `discovery.expiryMs (${discovery.expiryMs}) has to be above discovery.heartbeatMs (${discovery.heartbeatMs}), or every peer expires between two announcements`,
    );
  }
  if (mesh.deadAfterMs <= mesh.pingMs) {
    throw refused(
      chosen,
      ['mesh.deadAfterMs', 'mesh.pingMs'],
      `mesh.deadAfterMs (${mesh.deadAfterMs}) has to be above mesh.pingMs (${mesh.pingMs}), or every link dies between two pings`,
    );
  }
}

/** @throws {P2pError} for a share that is missing or may not be read, and a folder that could not be made. */
export function checkPaths(settings: Paths, chosen: Chosen): void {
  for (const path of settings.share) {
    if (!existsSync(path)) {
      throw refused(chosen, ['share'], `${path} does not exist; create it or name another path`);
    }
    const odd = whyOdd(path);
    if (odd !== undefined) throw refused(chosen, ['share'], `${path} is ${odd}`);
    if (!isReadable(path)) {
      throw refused(
        chosen,
        ['share'],
        `${path} may not be read by this user; change its permissions or name another path`,
      );
    }
  }
  if (settings.data !== null) checkFolder(settings.data, 'data', chosen);
  // Downloads inside a data folder that is still to be made need only that folder's parent.
  if (settings.data === null || dirname(settings.downloads.folder) !== settings.data) {
    checkFolder(settings.downloads.folder, 'downloads.folder', chosen);
  }
}

/** A device or a pipe has no size; a link to a file would be shared under another name than the one given. */
function whyOdd(path: string): string | undefined {
  const stats = statSync(path);
  if (stats.isDirectory()) return undefined;
  if (!stats.isFile()) return 'neither a regular file nor a folder; name another path';
  if (!lstatSync(path).isSymbolicLink()) return undefined;
  return `a link; name what it points to, ${realpathSync(path)}`;
}

function isReadable(path: string): boolean {
  const { R_OK, X_OK } = constants;
  try {
    accessSync(path, statSync(path).isDirectory() ? R_OK | X_OK : R_OK);
    return true;
  } catch {
    // Whatever the system says, it is the same to whoever wants it shared.
    return false;
  }
}

function checkFolder(path: string, setting: string, chosen: Chosen): void {
  if (isFolder(path)) return;
  if (existsSync(path)) throw refused(chosen, [setting], `${path} is not a folder; name a folder`);
  const parent = dirname(path);
  if (isFolder(parent)) return;
  const why = existsSync(parent)
    ? 'is not a folder; name another path'
    : 'does not exist; create that first';
  throw refused(chosen, [setting], `${path} cannot be created, as ${parent} ${why}`);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Not there, or below a file.
    return false;
  }
}

function refused(chosen: Chosen, settings: readonly string[], sentence: string): P2pError {
  const entry = settings.map((setting) => chosen.get(setting)).find((found) => found !== undefined);
  return new P2pError(entry?.code ?? 'config', `${entry?.where ?? settings[0] ?? ''}: ${sentence}`);
}
