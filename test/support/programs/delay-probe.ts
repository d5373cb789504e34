/**
 * Loaded into every thread of a peer (`NODE_OPTIONS=--import=...`): measures how late its event loop is. P2P_DELAYS
 * names a folder with a file `window`: when the number in it changes, each thread writes what it measured since it
 * changed before, and begins anew. Nothing is written meanwhile, as that would be measured too.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, threadId } from 'node:worker_threads';

/** As fine as a delay that a person could notice; what is measured includes it. */
const RESOLUTION_MS = 10;
/** Often enough that a window of some seconds is missed by little. */
const LOOK_MS = 100;
const NS_PER_MS = 1e6;

const folder = process.env['P2P_DELAYS'];
if (folder !== undefined) probe(folder);

function probe(into: string): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const asked = () => Number(readFileSync(join(into, 'window'), 'utf8'));
  let window = asked();
  setInterval(() => {
    const next = asked();
    if (next === window) return;
    const measured = { window, thread: nameOf(), ...figures(delays) };
    const file = join(into, `${process.pid}-${threadId}-${window}.json`);
    // Read by another process at any moment: never half of it.
    writeFileSync(`${file}~`, JSON.stringify(measured));
    renameSync(`${file}~`, file);
    delays.reset();
    window = next;
  }, LOOK_MS).unref();
}

function figures(delays: ReturnType<typeof monitorEventLoopDelay>) {
  const late = (ns: number) => Math.max(0, Math.round(ns / NS_PER_MS - RESOLUTION_MS));
  if (delays.count === 0) return { turns: 0, p99Ms: 0, mostMs: 0 };
  const p99Ms = late(delays.percentile(99));
  return { turns: delays.count, p99Ms, mostMs: late(delays.max) };
}

/** A thread's second argument is its file: an actor's name, or `worker` in the pool. */
function nameOf(): string {
  return isMainThread ? 'main' : basename(process.argv[1] ?? '', '.js');
}
