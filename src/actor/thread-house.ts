/**
 * What all lives on one thread share: its stdout, and its end. It is put in order by the first that comes and given back
 * by the last that goes.
 */
import { isMainThread } from 'node:worker_threads';

type Crash = (error: unknown) => void;

const lives = new Set<Crash>();
let leaveHouse: () => void = () => undefined;

/**
 * A life begins on this thread.
 * @param crash ends it, where an exception that nobody caught ends the thread. @returns what to call when it is over.
 */
export function enterHouse(crash: Crash): () => void {
  if (lives.size === 0) leaveHouse = putInOrder();
  lives.add(crash);
  return () => {
    if (lives.delete(crash) && lives.size === 0) leaveHouse();
  };
}

function putInOrder(): () => void {
  const giveBackStdout = keepStdoutClean();
  process.on('uncaughtException', crashAll);
  process.on('unhandledRejection', crashAll);
  return () => {
    giveBackStdout();
    process.off('uncaughtException', crashAll);
    process.off('unhandledRejection', crashAll);
  };
}

/** Nobody can say whose exception it was, and the thread's state is anyone's guess: it goes, with all who live there. */
function crashAll(error: unknown): void {
  for (const crash of lives) crash(error);
  process.exit(1);
}

/** The program's stdout is for its answers alone; a pool gives no other way to catch a thread's. */
function keepStdoutClean(): () => void {
  if (isMainThread) return () => undefined;
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return () => {
    process.stdout.write = write;
  };
}
