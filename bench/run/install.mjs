/** The rivals from the registry: installed beside the bench when they are first needed, never in the product. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** @param {(text: string) => void} log */
export function installRivals(log) {
  if (existsSync(new URL('../node_modules', import.meta.url))) return;
  log(`installing rivals in ${FOLDER} (npm ci) ...`);
  const { status, stderr, error } = spawnSync('npm', ['ci'], { cwd: FOLDER, encoding: 'utf8' });
  if (status === 0) return;
  log(
    `they cannot be installed, so those from the registry are skipped: ${error?.message ?? stderr}`,
  );
}
