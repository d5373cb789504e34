/** The process that holds made-up machines (Linux namespaces): when it ends, the kernel takes all of them away. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const IS_ROOT = process.getuid?.() === 0;
const UNSHARE = IS_ROOT ? [] : ['--user', '--map-root-user'];
const ENTER = IS_ROOT ? [] : ['--user', '--preserve-credentials'];

/**
 * @param {object} wanted `kinds`: of namespaces, as flags of `unshare`; `script`: makes what is in them; `none` and `needs`: how to say that
 *   there can be none, and what it takes
 * @returns `pid` of the holder; `enter`: in front of a program's command to start it there; `end` takes all of it away
 * @throws when it cannot be made here
 */
export async function holdNamespaces({ kinds, script, none, needs }) {
  const made = `set -e\n${script}\necho ready\nexec cat`;
  const holder = spawn('unshare', [...UNSHARE, ...kinds, 'sh', '-c', made], { stdio: 'pipe' });
  let trouble = '';
  holder.stderr.on('data', (text) => {
    trouble += text;
  });
  holder.on('error', (error) => {
    trouble += error.message;
  });
  const isReady = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    new Promise((resolve) => holder.once('close', () => resolve(false))),
  ]);
  if (!isReady) throw new Error(`${none} can be made here (${trouble.trim()}): ${needs}`);
  return {
    pid: holder.pid,
    enter: ['nsenter', '--target', String(holder.pid), ...ENTER, ...kinds],
    async end() {
      holder.kill('SIGKILL');
      if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
    },
  };
}
