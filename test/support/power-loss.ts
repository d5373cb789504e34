/**
 * What a power loss leaves of a folder: every operation under it is noted as it is done, and at any moment it can be
 * rebuilt as it would be found if nothing but what was synced had reached the disk. A file keeps the bytes of its last
 * sync, a folder the names of its last sync; a file whose name was never synced is gone.
 */
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

type Operation = (this: unknown, ...args: never[]) => Promise<unknown>;
type Holder = Record<string, Operation>;

/** Of a file or folder as long as it lives: the number of an inode is given away again. */
type Identity = string;

/** What is on the disk of one inode. */
type Durable =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'folder'; readonly names: ReadonlyMap<string, Identity> };

/** After each sync: inode to what is durable of it, by then. */
export type Moment = ReadonlyMap<Identity, Durable>;

export type Recording = {
  /** One for each sync so far, the first before any. */
  readonly moments: readonly Moment[];
  /** Lays out what would be found after a power loss right after this moment. */
  readonly restore: (moment: Moment, folder: string) => void;
};

const NO_NAMES: Durable = { kind: 'folder', names: new Map() };
const NO_BYTES: Durable = { kind: 'file', bytes: new Uint8Array() };

const { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = fs;

let recording: { readonly root: string; readonly moments: Moment[] } | undefined;

/** Notes what becomes durable below `root` from now on; what lies there already is. */
export function recordBelow(root: string): Recording {
  const before = new Map<Identity, Durable>();
  note(before, root, true);
  const moments: Moment[] = [before];
  recording = { root, moments };
  const top = identityOf(lstatSync(root, { bigint: true }));
  return {
    moments,
    restore: (moment, folder) => layOut(moment, top, folder),
  };
}

export function stopRecording(): void {
  recording = undefined;
}

function identityOf({ ino, birthtimeNs }: fs.BigIntStats): Identity {
  return `${ino} ${birthtimeNs}`;
}

/** Notes one file or folder as it is now; all below it too, where it is `deep`. */
function note(moment: Map<Identity, Durable>, path: string, deep = false): void {
  const stats = lstatSync(path, { bigint: true });
  if (!stats.isDirectory()) {
    moment.set(identityOf(stats), { kind: 'file', bytes: readFileSync(path) });
    return;
  }
  const names = readdirSync(path);
  const identities = new Map<string, Identity>();
  for (const name of names) {
    const below = lstatSync(join(path, name), { bigint: true });
    const identity = identityOf(below);
    identities.set(name, identity);
    // Its name is there and what it holds was never synced: the worst a disk can make of that is nothing in it.
    if (!moment.has(identity)) moment.set(identity, below.isDirectory() ? NO_NAMES : NO_BYTES);
  }
  moment.set(identityOf(stats), { kind: 'folder', names: identities });
  if (deep) for (const name of names) note(moment, join(path, name), true);
}

function layOut(moment: Moment, identity: Identity, path: string): void {
  const found = moment.get(identity);
  if (found === undefined) throw new Error(`nothing was noted of ${path}`);
  if (found.kind === 'file') return writeFileSync(path, found.bytes);
  mkdirSync(path, { recursive: true });
  for (const [name, below] of found.names) layOut(moment, below, join(path, name));
}

/** The synced one is found through its handle: its name may have changed meanwhile. */
function synced(file: { readonly fd: number }): void {
  if (recording === undefined) return;
  const path = fs.readlinkSync(`/proc/self/fd/${file.fd}`);
  if (!path.startsWith(recording.root)) return;
  const moment = new Map(recording.moments.at(-1));
  note(moment, path);
  recording.moments.push(moment);
}

async function install(): Promise<void> {
  const probe = await open('/dev/null', 'r');
  const handles = Object.getPrototypeOf(probe) as Holder;
  await probe.close();
  for (const name of ['sync', 'datasync']) {
    const real = handles[name];
    if (real === undefined) throw new Error(`a file handle has no ${name}`);
    handles[name] = async function (this: unknown) {
      await real.call(this);
      synced(this as { readonly fd: number });
    };
  }
  const { fsync, fsyncSync } = fs;
  const holder = fs as unknown as { fsync: unknown; fsyncSync: unknown };
  holder.fsync = (fd: number, callback: fs.NoParamCallback) =>
    fsync(fd, (error) => {
      if (error === null) synced({ fd });
      callback(error);
    });
  holder.fsyncSync = (fd: number) => {
    fsyncSync(fd);
    synced({ fd });
  };
  syncBuiltinESMExports();
}

if (process.platform === 'linux') await install();
