/** What may become of a file that a peer keeps. */
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { noise } from './contents.js';

export const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'cut to nothing': (path) => truncateSync(path),
  'cut in half': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'with one byte flipped': (path) => {
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    writeFileSync(path, bytes);
  },
  'replaced by garbage': (path) => writeFileSync(path, noise(1000, 99)),
  'replaced by a folder': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};
