/** One value that was given for one setting, with where it was given, for the sentence if it is wrong. */
import { isAbsolute, join, resolve } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { nearest } from '#src/domain/nearest.js';
import type { Kind } from './kind.js';
import { isGroup, leafAt, leaves } from './leaves.js';

export type Origin = {
  /** How the user knows it: `--port`, `P2P_PORT`, `port in /etc/peer.json`. */
  readonly where: string;
  readonly code: 'usage' | 'config';
  /** What relative paths are relative to. */
  readonly base: string;
};

export type Entry = Origin & { readonly path: string; readonly value: unknown };

/** Values are shown in errors, and nobody wants to read a whole file there. */
const SHOWN_CHARACTERS = 60;

/**
 * Lays out nested settings flat. Groups may be nested or dotted (`"distribution.intervalMs"`), and
 * `downloads` may be the folder itself.
 * @throws {P2pError} for what is no setting.
 */
export function entriesOf(given: unknown, origin: (path: string) => Origin): readonly Entry[] {
  if (!isRecord(given)) throw wrong(origin('settings'), given, 'an object of settings');
  return below(given, '', origin);
}

function below(
  given: Readonly<Record<string, unknown>>,
  prefix: string,
  origin: (path: string) => Origin,
): readonly Entry[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    if (value === undefined) return [];
    if (leafAt(path) !== undefined) return [{ ...origin(path), path, value }];
    if (path === 'downloads' && (typeof value === 'string' || value === null)) {
      return [{ ...origin(path), path: 'downloads.folder', value }];
    }
    if (!isGroup(path)) throw unknown(path, origin(path));
    if (!isRecord(value)) throw notGroup(path, origin(path), value);
    return below(value, `${path}.`, origin);
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknown(path: string, origin: Origin): P2pError {
  const meant = nearest(
    path,
    leaves.map((pathed) => pathed.path),
  );
  const mend =
    meant === undefined
      ? 'remove it; docs/settings.md lists every setting'
      : `did you mean ${JSON.stringify(meant)}?`;
  return new P2pError(origin.code, `unknown setting: ${origin.where}; ${mend}`);
}

function notGroup(path: string, origin: Origin, value: unknown): P2pError {
  const wants = 'an object of settings';
  return isSecret(path) ? secretlyWrong(origin, wants) : wrong(origin, value, wants);
}

/** Whether it is one, or somebody may have put one there. */
function isSecret(path: string): boolean {
  return leaves.some((one) => one.leaf.kind.secret && `${one.path}.`.startsWith(`${path}.`));
}

function secretlyWrong({ code, where }: Origin, wants: string): P2pError {
  return new P2pError(code, `${where} is wrong; it has to be ${wants}`);
}

function wrong(origin: Origin, value: unknown, wants: string): P2pError {
  return new P2pError(origin.code, `${origin.where} is ${shown(value)}; it has to be ${wants}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS)}...${typeof value === 'string' ? '"' : ''}`;
}

/**
 * Checks a value and makes its paths absolute.
 * @throws {P2pError} with the sentence that names the setting and the mend.
 */
export function judged(entry: Entry, home: string): Entry {
  const leaf = leafAt(entry.path);
  if (leaf === undefined) throw unknown(entry.path, entry);
  const refusal = leaf.kind.refusal?.(entry.value);
  if (refusal !== undefined) {
    throw new P2pError(entry.code, `${entry.where} is ${JSON.stringify(entry.value)}; ${refusal}`);
  }
  if (!leaf.kind.accepts(entry.value)) throw unfit(entry, leaf.kind);
  return leaf.kind.path === true
    ? { ...entry, value: absolute(entry.value, entry.base, home) }
    : entry;
}

/** Of a list only what is wrong in it: whoever gave one flag does not know that it makes a list. */
function unfit(entry: Entry, kind: Kind<unknown>): P2pError {
  const { value } = entry;
  if (isSecret(entry.path)) return secretlyWrong(entry, kind.wants);
  const bad = Array.isArray(value) ? value.filter((item) => !kind.accepts([item])) : [];
  if (kind.each === undefined || bad.length === 0) return wrong(entry, value, kind.wants);
  return new P2pError(entry.code, `${entry.where}: ${shown(bad[0])} is not ${kind.each}`);
}

function absolute(value: unknown, base: string, home: string): unknown {
  if (Array.isArray(value)) return value.map((item) => absolute(item, base, home));
  if (typeof value !== 'string') return value;
  // A shell writes the home for `~/` on the command line; in a file and in the environment we have to.
  if (value === '~' || value.startsWith('~/')) return join(home, value.slice(1));
  return isAbsolute(value) ? resolve(value) : resolve(base, value);
}
