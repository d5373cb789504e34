/** The one large file of most measurements. */
import { join } from 'node:path';
import { mustBeEqual, needRoom, writeRandomFile } from '../run/scratch.mjs';

const GiB = 1024 ** 3;

/** The file, a download of it, and some air. */
const ROOM = 2.5;

/**
 * @param {{ scratch: string, quick: boolean }} context
 * @returns the file's path as `shared` and a `verify` for downloads of it, byte for byte
 */
export function createFilm({ scratch, quick }) {
  return createFile(join(scratch, 'film.bin'), quick ? GiB / 8 : GiB);
}

/** As `createFilm`, of any name and size. */
export function createFile(shared, bytes) {
  needRoom(ROOM * bytes);
  writeRandomFile(shared, bytes);
  return { shared, bytes, verify: (path) => mustBeEqual(shared, path) };
}
