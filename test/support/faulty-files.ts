/**
 * A file system that fails when it is told to, under the real code: loaded before a program (`--import`), or
 * imported by a test, it wraps what `node:fs` gives to every thread. One operation fails, the n-th that can fail
 * with this error and concerns the folder of the test; all threads count together.
 */
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

export type Errno = 'ENOSPC' | 'EIO' | 'EACCES' | 'EMFILE';

export type Fault = {
  /** Only what lies below it, and what is reached through handles. */
  readonly root: string;
  readonly errno: Errno;
  /** The first operation is 1; 0 breaks nothing and counts. */
  readonly at: number;
};

export type Outcome = { readonly counted: number; readonly broke: string | undefined };

type Operation = (this: unknown, ...args: never[]) => unknown;
type Handle = { readonly fd: number };
type Holder = Record<string, Operation>;

const ERRNOS: readonly Errno[] = ['ENOSPC', 'EIO', 'EACCES', 'EMFILE'];

const MESSAGES: Record<Errno, string> = {
  ENOSPC: 'no space left on device',
  EIO: 'i/o error',
  EACCES: 'permission denied',
  EMFILE: 'too many open files',
};

const OPENING = ['open', 'openSync', 'opendir', 'readFile', 'readdir', 'readdirSync'];
const GROWING = [
  'mkdir',
  'mkdirSync',
  'rename',
  'link',
  'write',
  'writeSync',
  'writev',
  'appendFile',
  'writeFile',
];
const BY_PATH = ['stat', 'lstat', 'lstatSync', 'statfs', 'unlink', 'rmdir', 'rm', 'truncate'];
const SYNCING = ['sync', 'datasync', 'fsync', 'fsyncSync'];
const CLOSING = ['close', 'closeSync'];
const BY_HANDLE = [
  'read',
  'readv',
  'readSync',
  'readvSync',
  'fstatSync',
  'ftruncateSync',
  ...CLOSING,
  ...SYNCING,
];

const CAN_FAIL: Record<Errno, readonly string[]> = {
  EMFILE: OPENING,
  EACCES: [...OPENING, ...BY_PATH, 'mkdir', 'mkdirSync', 'rename', 'link'],
  ENOSPC: [...GROWING, 'open', 'truncate', ...SYNCING],
  EIO: [...OPENING, ...GROWING, ...BY_PATH, ...BY_HANDLE],
};

const ALL = [...new Set(Object.values(CAN_FAIL).flat())];

/** In memory that all threads share: how many were counted, which fails, with what, and what that was. */
const COUNTED = 0;
const AT = 1;
const ERRNO = 2;
const BROKE = 3;
const SLOTS = 4;
const ROOT_BYTES = 1024;
const KEY = 'p2p test: faulty files';

/** As they are without faults. */
const { closeSync, fstatSync, openSync, readFileSync, writeSync } = fs;

/** What each file had when this thread last synced it: all that is left of it where a sync fails. */
const synced = new Map<string, Uint8Array>();

const shared = isMainThread ? makeShared() : (getEnvironmentData(KEY) as SharedArrayBuffer);
const slots = new Int32Array(shared, 0, SLOTS);
const rootBytes = new Uint8Array(shared, SLOTS * 4);

/** From now on operations are counted, and one of them fails. */
export function breakFiles({ root, errno, at }: Fault): void {
  rootBytes.fill(0);
  new TextEncoder().encodeInto(root, rootBytes);
  Atomics.store(slots, COUNTED, 0);
  Atomics.store(slots, BROKE, -1);
  Atomics.store(slots, ERRNO, ERRNOS.indexOf(errno));
  Atomics.store(slots, AT, at);
}

/** Nothing is counted any more, and nothing fails. */
export function mendFiles(): Outcome {
  Atomics.store(slots, AT, -1);
  return { counted: Atomics.load(slots, COUNTED), broke: ALL[Atomics.load(slots, BROKE)] };
}

function makeShared(): SharedArrayBuffer {
  const made = new SharedArrayBuffer(SLOTS * 4 + ROOT_BYTES);
  new Int32Array(made)[AT] = -1;
  setEnvironmentData(KEY, made);
  return made;
}

function isFaulty(): boolean {
  return Atomics.load(slots, AT) >= 0;
}

/** @returns the error that this operation is to fail with. */
function faultOf(name: string, path: unknown): NodeJS.ErrnoException | undefined {
  const at = Atomics.load(slots, AT);
  if (at < 0) return undefined;
  const errno = ERRNOS[Atomics.load(slots, ERRNO)] ?? 'EIO';
  if (!CAN_FAIL[errno].includes(name) || !isConcerned(path)) return undefined;
  if (Atomics.add(slots, COUNTED, 1) + 1 !== at) return undefined;
  Atomics.store(slots, BROKE, ALL.indexOf(name));
  const text = `${errno}: ${MESSAGES[errno]}, ${name}${typeof path === 'string' ? ` '${path}'` : ''}`;
  return Object.assign(new Error(text), { code: errno, errno: -1, syscall: name });
}

function isConcerned(path: unknown): boolean {
  if (typeof path !== 'string') return path === undefined;
  const end = rootBytes.indexOf(0);
  const root = Buffer.from(rootBytes.subarray(0, end)).toString();
  return path.startsWith(root) || path.startsWith('/proc/self/fd/');
}

function wrap(holder: Holder, name: string, isOfHandle: boolean): void {
  const real = realOf(holder, name);
  holder[name] = function (this: unknown, ...args: never[]): unknown {
    const error = faultOf(name, isOfHandle ? undefined : args[0]);
    if (error !== undefined) {
      return halfDone(this, name, real, args).then(() => Promise.reject(error));
    }
    const done = real.apply(this, args);
    return SYNCING.includes(name) ? noteSynced(this as Handle, done) : done;
  };
}

/** Called with a path, or with a descriptor. */
function wrapSync(name: string): void {
  const holder = fs as unknown as Holder;
  const real = realOf(holder, name);
  holder[name] = (...args: never[]): unknown => {
    const first: unknown = args[0];
    const error = faultOf(name, typeof first === 'number' ? undefined : first);
    if (error === undefined) {
      const note = SYNCING.includes(name) ? noting(Number(first)) : undefined;
      const done = real(...args);
      note?.();
      return done;
    }
    halfDoneSync(name, real, args);
    throw error;
  };
}

/** The one that is used with a callback. */
function wrapFsync(): void {
  const holder = fs as unknown as Record<'fsync', typeof fs.fsync>;
  const real = fs.fsync;
  const faulty = (fd: number, callback: fs.NoParamCallback): void => {
    const error = faultOf('fsync', undefined);
    if (error !== undefined) {
      loseUnsynced({ fd });
      setImmediate(callback, error);
      return;
    }
    const note = noting(fd);
    real(fd, (failed) => {
      if (failed === null) note?.();
      callback(failed);
    });
  };
  holder.fsync = Object.assign(faulty, { __promisify__: real.__promisify__ });
}

function realOf(holder: Holder, name: string): Operation {
  const real = holder[name];
  if (real === undefined) throw new Error(`node:fs has no ${name}`);
  return real;
}

/** @returns what notes the file's content of now as synced. */
function noting(fd: number): (() => void) | undefined {
  const before = isFaulty() ? contentOf(fd) : undefined;
  return before && (() => void synced.set(before.key, before.bytes));
}

async function noteSynced({ fd }: Handle, done: unknown): Promise<void> {
  const note = noting(fd);
  await done;
  note?.();
}

/** Whoever reads it afterwards finds what was synced before, and nothing where nothing was. */
function loseUnsynced({ fd }: Handle): void {
  const found = contentOf(fd);
  if (found === undefined) return;
  const left = new Uint8Array(found.bytes.length);
  left.set(synced.get(found.key)?.subarray(0, left.length) ?? []);
  const file = openSync(`/proc/self/fd/${fd}`, 'r+');
  writeSync(file, left, 0, left.length, 0);
  closeSync(file);
}

/** @returns nothing for a folder. */
function contentOf(fd: number): { readonly key: string; readonly bytes: Uint8Array } | undefined {
  const stats = fstatSync(fd, { bigint: true });
  if (!stats.isFile()) return undefined;
  const bytes = readFileSync(`/proc/self/fd/${fd}`);
  return { key: `${stats.dev} ${stats.ino} ${stats.birthtimeNs}`, bytes };
}

/**
 * What a failing operation does before it fails: a full disk takes the first half, a handle is closed all the same,
 * and what could not be synced is thrown away.
 */
async function halfDone(
  self: unknown,
  name: string,
  real: Operation,
  args: never[],
): Promise<void> {
  const bytes: unknown = args[0];
  if (name === 'close') await real.apply(self, args);
  if (SYNCING.includes(name)) loseUnsynced(self as Handle);
  // Less than a sector, in its place, is written or not.
  if (!(bytes instanceof Uint8Array) || bytes.length < 8) return;
  const half = bytes.subarray(0, bytes.length / 2);
  if (name === 'appendFile' || name === 'writeFile') await real.call(self, half as never);
  if (name === 'write') {
    const [, offset, length, position] = args as unknown as number[];
    await real.call(self, ...([bytes, offset, Math.floor((length ?? 0) / 2), position] as never[]));
  }
}

function halfDoneSync(name: string, real: Operation, args: never[]): void {
  const [fd, bytes, offset, length, position] = args as unknown as number[];
  if (name === 'closeSync') real(...args);
  if (name === 'fsyncSync') loseUnsynced({ fd: fd ?? 0 });
  if (name !== 'writeSync' || length === undefined || length < 8) return;
  real(...([fd, bytes, offset, Math.floor(length / 2), position] as never[]));
}

async function install(): Promise<void> {
  const probe = await open('/dev/null', 'r');
  const handles = Object.getPrototypeOf(probe) as Holder;
  await probe.close();
  const promises = fs.promises as unknown as Holder;
  for (const name of ALL) {
    if (name === 'fsync') wrapFsync();
    else if (name.endsWith('Sync')) wrapSync(name);
    else {
      if (name in promises) wrap(promises, name, false);
      if (name in handles) wrap(handles, name, true);
    }
  }
  syncBuiltinESMExports();
}

await install();

/** In a program of its own: told by its parent what to break. */
if (isMainThread && process.env['P2P_TEST_FAULTY_FILES'] !== undefined) {
  process.on('message', (fault: Fault | 'mend') => {
    if (fault !== 'mend') breakFiles(fault);
    process.send?.(fault === 'mend' ? mendFiles() : 'broken');
  });
  process.channel?.unref();
}
