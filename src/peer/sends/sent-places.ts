/** Where lies what the user wants sent, and what it is called: one file or folder, or several that arrive as one folder. */
import { basename, dirname } from 'node:path';
import { checkName } from '#src/domain/content/name.js';
import type { Place } from '#src/domain/content/place.js';
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import { unfitName } from '#src/peer/shares/share-news.js';
import { ownPlace } from '#src/peer/shares/share-paths.js';

export type NamedPlace = Place & { readonly name: string };

/** What is typed as `*.jpg` in a folder of photos; each is remembered with the offer. */
const MOST_PARTS = 10_000;

/** @throws P2pError `not-found`, `unreadable`, `bad-name`, `usage` */
export function sentPlace(given: string | readonly string[]): NamedPlace {
  const [path, ...others] = typeof given === 'string' ? [given] : given;
  if (path === undefined) throw new P2pError('usage', 'send takes a path, or several');
  const one = ownPlace(path).path;
  const name = nameAt(one);
  if (others.length === 0) return { path: one, name };
  const parts = [one, ...others.map((other) => ownPlace(other).path)];
  requireDistinct(parts);
  return { path: dirname(one), parts, name: nameOfAll(name, others.length) };
}

function nameAt(path: string): string {
  const name = basename(path);
  const verdict = checkName(name, 'posix');
  if (verdict.kind !== 'ok') throw unfitName(path, verdict.why);
  return name;
}

/** As a folder that several arrive in. */
function nameOfAll(first: string, others: number): string {
  const name = `${first} and ${others} more`;
  return checkName(name, 'posix').kind === 'ok' ? name : `${others + 1} files`;
}

/** @throws P2pError `usage`, `bad-name` */
function requireDistinct(parts: readonly string[]): void {
  if (parts.length > MOST_PARTS) {
    const why = `one offer takes ${MOST_PARTS} paths at most: send the folder they are in`;
    throw new P2pError('usage', why);
  }
  const names = new Map<string, string>();
  for (const part of parts) {
    const name = nameAt(part);
    const other = names.get(name);
    if (other === part) throw new P2pError('usage', `${printable(part)} is named twice`);
    if (other !== undefined) {
      const both = `${printable(other)} and ${printable(part)}`;
      throw new P2pError('usage', `${both} would arrive under one name: send them one by one`);
    }
    names.set(name, part);
  }
}
