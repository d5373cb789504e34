import { join, resolve } from 'node:path';

/** @returns a path typed on stdin, absolute; a trailing separator stays, as it says "into this folder". */
export function typedPath(text: string, place: { cwd: string; home: string }): string {
  const full = /^~(?=$|[\\/])/.test(text) ? join(place.home, text.slice(1)) : text;
  const absolute = resolve(place.cwd, full);
  const intoFolder = /[\\/]$/.test(text) && !/[\\/]$/.test(absolute);
  return intoFolder ? `${absolute}/` : absolute;
}
