/** Tells whether the machine was started anew since: what was written but not synced may be lost only then. */
import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';

/** Where the system names no boot, its start time does, to this precision; a wrong guess only hashes more. */
const PRECISION_MS = 60_000;

export async function bootId(): Promise<string> {
  if (process.platform === 'linux') {
    const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    if (id !== '') return id.trim();
  }
  return `since ${Math.round((Date.now() - uptime() * 1000) / PRECISION_MS)}`;
}
