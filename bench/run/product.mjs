/** What the bench takes from the product beside its program: its folder, and a key and certificate for TLS. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freshFolder } from './scratch.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @returns why the product cannot be measured, if so. */
export function productMissing() {
  if (process.platform !== 'linux') return 'the bench needs Linux: it reads /proc and /dev/shm';
  const built = existsSync(new URL('../../dist/bundle/cli/main.js', import.meta.url));
  return built
    ? undefined
    : `the product is not built: run \`npm ci\` or \`npm run build\` in ${ROOT}`;
}

/** The same kind of key and certificate that peers prove themselves with. */
export async function createCredentials(scratch) {
  const { openIdentity } = await import('../../dist/src/io/disk/identity.js');
  return (await openIdentity(freshFolder(scratch, 'credentials'))).credentials;
}
