/** A file system of a test's own, to be filled up. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MiB } from '#src/domain/limits.js';

/** Mounts one of so many bytes; only root may. @returns whether it could be. */
export function smallDisk(folder: string, bytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  if (!isMounted(['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', folder])) return false;
  onTestFinished(() => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' }));
  return true;
}

/** What lies elsewhere appears here too, as a disk that is put in; only root may. @returns what takes it out, if it could. */
export function mountOver(folder: string, elsewhere: string): (() => void) | undefined {
  if (!isMounted(['--bind', elsewhere, folder])) return undefined;
  let isIn = true;
  const takeOut = () => {
    // In use or not, as a disk that is pulled out.
    if (isIn) execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    isIn = false;
  };
  onTestFinished(takeOut);
  return takeOut;
}

function isMounted(args: readonly string[]): boolean {
  try {
    execFileSync('mount', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Takes what is free of it, to the last byte. @returns what gives it back. */
export function fill(folder: string): () => void {
  const path = join(folder, 'filler');
  const file = openSync(path, 'w');
  try {
    for (let bytes = MiB; bytes >= 1; bytes /= 2) writeUntilFull(file, new Uint8Array(bytes));
  } finally {
    closeSync(file);
  }
  return () => rmSync(path);
}

function writeUntilFull(file: number, block: Uint8Array): void {
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
