/** Files of the bench: in memory, in a folder of their own, gone afterwards. */
import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';

/** Linux keeps this one in memory, so that no disk is measured. */
const MEMORY = '/dev/shm';

const MiB = 1024 * 1024;
const PIECE_BYTES = 4 * MiB;

export function createScratch() {
  return mkdtempSync(join(MEMORY, 'p2p-bench-'));
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true });
}

/** @throws when that many bytes do not fit. */
export function needRoom(bytes) {
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize > bytes) return;
  const [need, have] = [bytes, bavail * bsize].map((count) => Math.round(count / MiB));
  throw new Error(`${MEMORY} has ${have} MiB free, ${need} are needed: use --quick`);
}

/** Bytes that nothing can compress or guess. */
export function writeRandomFile(path, bytes) {
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let left = bytes; left > 0; left -= piece.length) {
    writeSync(file, randomFillSync(piece), 0, Math.min(left, piece.length));
  }
  closeSync(file);
}

/**
 * Takes memory and gives it back. A virtual machine gets what nobody used for a while from its host, at a second a GiB:
 * whoever writes files would pay for that, and the TLS pipe, which writes none, would not.
 */
export function touchMemory(parent, bytes) {
  const path = join(parent, 'touched');
  writeRandomFile(path, bytes);
  rmSync(path);
}

/** A fresh folder below `parent`. */
export function freshFolder(parent, name) {
  const folder = join(parent, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** @throws when the files differ: a wrong file is no result. */
export function mustBeEqual(expected, actual) {
  const files = [expected, actual].map((path) => openSync(path, 'r'));
  const pieces = files.map(() => Buffer.alloc(PIECE_BYTES));
  try {
    if (statSync(expected).size !== statSync(actual).size)
      throw new Error(`${actual} is not whole`);
    for (let read = -1; read !== 0; ) {
      [read] = files.map((file, index) => readSync(file, pieces[index]));
      if (!pieces[0].equals(pieces[1])) throw new Error(`${actual} is not what was sent`);
    }
  } finally {
    files.forEach((file) => {
      closeSync(file);
    });
  }
}

/** @throws when the folders do not have the same files with the same bytes. */
export function mustBeEqualFolders(expected, actual) {
  const names = filesIn(expected);
  if (names.join('\n') !== filesIn(actual).join('\n')) throw new Error(`${actual} has other files`);
  for (const name of names) {
    const [sent, come] = [expected, actual].map((folder) => readFileSync(join(folder, name)));
    if (!sent.equals(come)) throw new Error(`${name} is not what was sent`);
  }
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(relative(folder, entry.path), entry.name))
    .toSorted();
}
