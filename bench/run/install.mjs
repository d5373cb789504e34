/** The rivals from the registry: installed beside the bench when they are first needed, never in the product. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** @param {(text: string) => void} log */
export function installRivals(log) {
  if (wanted().every((name) => existsSync(new URL(`../node_modules/${name}`, import.meta.url))))
    return;
  log(`installing rivals in ${FOLDER} (npm ci) ...`);
  const { status, stderr, error } = spawnSync('npm', ['ci'], { cwd: FOLDER, encoding: 'utf8' });
  if (status === 0) return;
  log(
    `they cannot be installed, so those from the registry are skipped: ${error?.message ?? stderr}`,
  );
}

/** Rivals may have come since they were installed. */
function wanted() {
  const own = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return Object.keys(JSON.parse(own).dependencies);
}
