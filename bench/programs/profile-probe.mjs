/** What a thread spends its time in: a profile of V8, written to BENCH_PROFILES. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

/** Thousands of looks in a download show what matters; with more, the looking itself took the time. */
const EVERY_MICROSECONDS = 1000;

const NANOSECONDS_A_MS = 1e6;

export async function createProbe(threadId) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: EVERY_MICROSECONDS });
  await session.post('Profiler.start');
  let since = processorMs();
  return {
    async begin() {
      await session.post('Profiler.stop');
      await session.post('Profiler.start');
      since = processorMs();
    },
    async end() {
      const busyMs = processorMs() - since;
      const { profile } = await session.post('Profiler.stop');
      const path = join(process.env.BENCH_PROFILES, `${process.pid}-${threadId}.cpuprofile`);
      writeFileSync(path, JSON.stringify(profile));
      return { busyMs, profile: path };
    },
  };
}

/** What this thread has used of a processor; the first number of this file is in nanoseconds. */
function processorMs() {
  const [nanoseconds] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
  return Number(nanoseconds) / NANOSECONDS_A_MS;
}
