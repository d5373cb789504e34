/** One file sent from one machine to another over bare datagrams, as a user does it: `udp-receive` and `udp-send`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.js';
import { type PeerProcess, type Said, startProgram } from './peer-process.js';

/** Far more than the slowest of these takes on a busy machine. */
const TRANSFER_MS = 60_000;

export type FileTransfer = {
  readonly sender: PeerProcess;
  readonly receiver: PeerProcess;
  /** @returns where it lies at the receiver, once both have said so and ended. */
  whole(): Promise<string>;
};

/** @param folder a new one, in which both keep what they need. @param address of `to`, with a port */
export async function sendFile(
  lab: Lab,
  [from, to]: readonly [from: string, to: string],
  address: string,
  file: string,
  folder: string,
): Promise<FileTransfer> {
  const into = join(folder, 'arrived');
  mkdirSync(into, { recursive: true });
  const [, port = ''] = address.split(':');
  const data = (name: string) => ['--json', '--data', join(folder, name)];
  const receive = ['udp-receive', port, '--yes', '--to', into, ...data('receiver')];
  const receiver = startProgram(lab, to, receive);
  await receiver.until(({ type }) => type === 'listening');
  const sender = startProgram(lab, from, ['udp-send', file, address, ...data('sender')]);
  return {
    sender,
    receiver,
    async whole() {
      const [received] = await Promise.all([over(receiver, 'received'), over(sender, 'sent')]);
      return String(received['path']);
    },
  };
}

async function over(program: PeerProcess, type: 'received' | 'sent'): Promise<Said> {
  const said = await program.until((one) => [type, 'failed'].includes(one.type), TRANSFER_MS);
  if (said.type === 'failed') throw new Error(JSON.stringify(said));
  const code = await program.exit;
  if (code !== 0) throw new Error(`it ended with ${code}: ${program.logged()}`);
  return said;
}

/** @returns bytes a second that came in the time from `from` to `to` (`performance.now()`), as far as the receiver told. */
export function rateOf({ receiver }: FileTransfer, from = 0, to = Number.POSITIVE_INFINITY) {
  const progress = receiver.said.filter(
    ({ type, at }) => type === 'progress' && at >= from && at <= to,
  );
  const [first, last] = [progress.at(0), progress.at(-1)];
  if (first === undefined || last === undefined || first === last)
    throw new Error(`nothing came from ${from} to ${to}`);
  const bytes = Number(last['doneBytes']) - Number(first['doneBytes']);
  return (bytes * 1000) / (last.at - first.at);
}
