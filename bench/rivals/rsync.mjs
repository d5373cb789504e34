/** rsync from a daemon on loopback: plain copying over TCP, without encryption and without proof. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from '../run/child.mjs';
import { isInstalled } from '../run/installed.mjs';
import { freePort, untilListening } from '../run/ports.mjs';
import { freshFolder, mustBeEqualFolders } from '../run/scratch.mjs';

/** @returns why it cannot be measured here, if so. */
export function rsyncMissing() {
  return isInstalled('rsync') ? undefined : 'rsync is not installed';
}

/** From the start of `rsync -a` to its end. The daemon runs before. */
export async function rsyncFolder({ scratch, folder }) {
  const port = await freePort();
  const daemon = await startDaemon(scratch, folder, port);
  const into = freshFolder(scratch, 'rsync');
  const begun = performance.now();
  const client = launch('rsync', ['-a', `rsync://127.0.0.1:${port}/files/`, into], {
    label: 'rsync',
  });
  const how = await client.gone;
  const ms = performance.now() - begun;
  if (how !== 'exit 0') throw new Error(`rsync failed: ${how}`);
  mustBeEqualFolders(folder, into);
  await daemon.end();
  freshFolder(scratch, 'rsync');
  return { ms };
}

async function startDaemon(scratch, folder, port) {
  const config = join(scratch, 'rsyncd.conf');
  const global = ['use chroot = no', `uid = ${process.getuid()}`, `gid = ${process.getgid()}`];
  const module = ['[files]', `path = ${folder}`, 'read only = yes'];
  writeFileSync(config, `${[...global, ...module].join('\n')}\n`);
  const args = ['--daemon', '--no-detach', `--config=${config}`, '--address=127.0.0.1'];
  args.push(`--port=${port}`);
  // With a socket for stdin, as Node's pipes are, it would take itself for a service of inetd.
  const daemon = launch('rsync', args, { label: 'rsync daemon', stdin: 'ignore' });
  await untilListening(port);
  return daemon;
}
