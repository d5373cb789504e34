/** Where a download goes: the downloads folder, the folder or the full path the user named. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { checkName, type Platform } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { absentAs } from '#src/io/disk/missing.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';

const PLATFORM: Platform = process.platform === 'win32' ? 'win32' : 'posix';

type WouldBe = Pick<DownloadRecord, 'target' | 'mayRename'>;

/**
 * Where it would go, whatever is there.
 * @param to as the user gave it; an existing folder or a trailing separator means inside it.
 * @throws P2pError `bad-name`
 */
export async function wouldBe(
  name: string,
  downloads: string,
  to: string | undefined,
): Promise<WouldBe> {
  const place = to === undefined ? downloads : resolve(to);
  const isInside = to === undefined || /[/\\]$/.test(to) || (await isFolder(place));
  return { target: isInside ? join(place, usable(name)) : place, mayRename: isInside };
}

/**
 * @param to as the user gave it; an existing folder or a trailing separator means inside it.
 * @throws P2pError `bad-name`, `not-found`, `exists`
 */
export async function targetFor(
  id: ContentId,
  name: string,
  downloads: string,
  to: string | undefined,
): Promise<DownloadRecord> {
  const { target, mayRename } = await wouldBe(name, downloads, to);
  const folder = dirname(target);
  if (!mayRename) await checkFullTarget(target);
  else if (!(await isFolder(folder))) {
    throw new P2pError(
      'not-found',
      `the folder ${printable(folder)} does not exist: make it, or give another with --to`,
    );
  }
  return { id, name, target, mayRename, staging: stagingFolder(folder, id) };
}

function usable(name: string): string {
  const verdict = checkName(name, PLATFORM);
  if (verdict.kind === 'ok' && !name.includes(sep)) return name;
  const why = verdict.kind === 'ok' ? 'holds a separator' : verdict.why;
  throw new P2pError(
    'bad-name',
    `the name ${printable(name)} ${why}: give it another with --to PATH`,
  );
}

async function checkFullTarget(target: string): Promise<void> {
  const verdict = checkName(basename(target), PLATFORM);
  if (verdict.kind !== 'ok')
    throw new P2pError(
      'bad-name',
      `${printable(target)} cannot be written: its name ${verdict.why}`,
    );
  if (!(await isFolder(dirname(target)))) {
    throw new P2pError(
      'not-found',
      `the folder ${printable(dirname(target))} does not exist: make it first`,
    );
  }
  if (await exists(target)) {
    throw new P2pError(
      'exists',
      `${printable(target)} exists already, and nothing is overwritten: choose another --to`,
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(absentAs(undefined)))?.isDirectory() ?? false;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(absentAs(undefined))) !== undefined;
}
