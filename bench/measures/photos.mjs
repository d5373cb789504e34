/** Many small files in a folder. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshFolder, mustBeEqualFolders } from '../run/scratch.mjs';

export const FILES = 10_000;

/** With --quick, so many times fewer. */
const QUICK_SHARE = 10;

const FILE_BYTES = 4096;

/** As people keep them: some folders with many files each. */
const FILES_A_FOLDER = 100;

/**
 * @param {{ scratch: string, quick: boolean }} context
 * @returns the folder as `shared` and a `verify` for downloads of it, byte for byte
 */
export function createPhotos({ scratch, quick }, wanted = FILES) {
  const files = quick ? wanted / QUICK_SHARE : wanted;
  const shared = writeSmallFiles(scratch, files);
  return { shared, files, verify: (path) => mustBeEqualFolders(shared, path) };
}

function writeSmallFiles(scratch, files) {
  const root = freshFolder(scratch, 'photos');
  for (let number = 0; number < files; number += 1) {
    const folder = join(root, `album-${Math.floor(number / FILES_A_FOLDER)}`);
    if (number % FILES_A_FOLDER === 0) mkdirSync(folder);
    writeFileSync(join(folder, `${number}.bin`), randomBytes(FILE_BYTES));
  }
  return root;
}
