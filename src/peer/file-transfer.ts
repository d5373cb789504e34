/** Sends or takes single files over datagrams, without a whole peer around it: an identity of its own, and one thread. */
import type { Stats } from 'node:fs';
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ActorHandle } from '#src/actor/actor.js';
import { threadFile } from '#src/actor/thread-file.js';
import { startOnWorker } from '#src/actor/worker-host.js';
import { checkName } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT } from '#src/domain/host-port.js';
import type { NetworkKey } from '#src/domain/network-key.js';
import type { Self } from '#src/domain/peers/self.js';
import { PORTS_PER_PEER, portsFrom } from '#src/domain/ports.js';
import { newInstance, openIdentity } from '#src/io/disk/identity.js';
import { defaultToolFolder, thisMachine } from '#src/io/disk/platform-folders.js';
import type * as FileReceiver from '#workers/file-receiver.js';
import type * as FileSender from '#workers/file-sender.js';

/**
 * A peer's ping. An answer may wait behind all that is buffered, a megabyte at the least: a line of 10 kB/s takes 100 s for
 * it. Who is gone is found sooner, by the packets he does not acknowledge.
 */
const TIMES = { pingMs: 10_000, deadAfterMs: 120_000 } as const;

export type FileTransferOptions = {
  /** Where the identity lies; undefined for the platform's place, one for senders and one for receivers. */
  readonly data: string | undefined;
  /** What the other end is told, once it has proven who it is. */
  readonly name: string;
  /** Of the private network to send and take in; none unless told. */
  readonly networkKey?: NetworkKey | undefined;
  /** Drops so many of all packets that arrive here, 0 to 1, on purpose. */
  readonly lossShare: number;
};

/** What runs on its thread, either way. */
export type FileTransfer<Out> = Pick<ActorHandle<never, Out>, 'out' | 'exit' | 'stop'>;

export type FileSending = ActorHandle<FileSender.In, FileSender.Out>;
export type FileReceiving = ActorHandle<FileReceiver.In, FileReceiver.Out>;
export type SendingEvent = FileSender.Out;
export type ReceivingEvent = FileReceiver.Out;

/**
 * Sends one file to whoever listens there with `startFileReceiver`; its thread ends when that is done or has failed.
 * @throws P2pError `unreadable`, `bad-name`, `damaged`
 */
export async function startFileSender(
  path: string,
  to: { readonly host: string; readonly port: number },
  options: FileTransferOptions,
): Promise<FileSending> {
  await checkFile(path);
  const either = await eitherInit('udp-send', to.port, options);
  const init: FileSender.Init = { path, ...to, ...either };
  return startOnWorker(threadFile('file-sender'), init, { name: 'file-sender' });
}

/**
 * Takes one file into a folder once it is decided that it is wanted, and waits on after each that is not; its thread
 * ends when one lies there, or it is stopped.
 * @param folder made where its parent exists. @throws P2pError `folder-unavailable`, `damaged`
 */
export async function startFileReceiver(
  folder: string,
  at: { readonly host: string; readonly port: number },
  options: FileTransferOptions,
): Promise<FileReceiving> {
  await makeFolder(folder);
  const either = await eitherInit('udp-receive', at.port, options);
  const init: FileReceiver.Init = { folder, ...at, ...either };
  return startOnWorker(threadFile('file-receiver'), init, { name: 'file-receiver' });
}

/** Before anybody is called: what is wrong with the file is told at once, in words. */
async function checkFile(path: string): Promise<void> {
  const verdict = checkName(basename(path), 'posix');
  if (verdict.kind !== 'ok') {
    throw new P2pError('bad-name', `${path} cannot be sent: its name ${verdict.why}`);
  }
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : 'cannot be looked at';
    throw new P2pError('unreadable', `${path} ${why}`, { cause });
  });
  if (found.isDirectory()) {
    throw new P2pError('unreadable', `${path} is a folder: udp-send takes one file`);
  }
  if (!found.isFile()) throw new P2pError('unreadable', `${path} is no regular file`);
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new P2pError('unreadable', `${path} may not be read`, { cause });
  });
}

/** What a thread is told whichever way the file goes. */
async function eitherInit(
  tool: string,
  port: number,
  { data, name, networkKey, lossShare }: FileTransferOptions,
) {
  const folder = data ?? defaultToolFolder(thisMachine(), process.env, tool);
  const { peerId, credentials: own } = await openIdentity(folder);
  const credentials = { ...own, networkKey };
  // It listens on no ports of a peer; those it names are never dialled.
  const ports = portsFrom(Math.min(port, LAST_PORT - PORTS_PER_PEER));
  const self: Self = { peerId, name, ports, instance: newInstance() };
  return { lossShare, self, credentials, ...TIMES };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const found = await stat(folder).catch(() => undefined);
    if (code === 'EEXIST' && found?.isDirectory() === true) return;
    throw new P2pError('folder-unavailable', `${folder} ${whyNoFolder(found, code)}`, { cause });
  }
}

function whyNoFolder(found: Stats | undefined, code: string | undefined): string {
  if (found?.isFile() === true) return 'is a file: --to takes a folder';
  if (found !== undefined) return 'is no folder';
  if (code === 'ENOENT') return 'cannot be made: the folder it would be in does not exist';
  return `is no folder and cannot be made (${code})`;
}
