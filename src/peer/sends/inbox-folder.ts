/** Where what others send is put, unless its user says otherwise. */
import { mkdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import type { Home } from '#src/peer/home.js';

type Places = Pick<Home, 'settings' | 'folders'>;

/** @returns the inbox, there or not, with a separator at its end. */
export function inboxPath({ settings, folders }: Places): string {
  return (settings.inbox.folder ?? join(folders.downloads, 'inbox')) + sep;
}

/** @returns the inbox, made where it is missing, with a separator at its end. @throws P2pError `folder-unavailable` */
export async function inboxFolder(places: Places): Promise<string> {
  const folder = inboxPath(places);
  try {
    await mkdir(folder);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      throw new P2pError('folder-unavailable', `the inbox cannot be used: ${message}`, { cause });
    }
  }
  return folder;
}
