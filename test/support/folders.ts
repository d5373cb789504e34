import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Tree } from './contents.js';

/** A new folder that is gone after the test. Its name has a space in it, as a user's may. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'p2p test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a tree of files below `root`; `''` makes `root` itself a file. */
export function writeTree(root: string, tree: Tree): void {
  for (const [path, bytes] of Object.entries(tree)) {
    const target = path === '' ? root : join(root, path);
    mkdirSync(path.endsWith('/') ? target : dirname(target), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(target, bytes);
  }
}
