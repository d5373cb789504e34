/** What a thread spends its time in: a profile of V8, written to BENCH_PROFILES. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

/** Thousands of looks in a download show what matters; with more, the looking itself took the time. */
const EVERY_MICROSECONDS = 1000;

export async function createProbe(threadId) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: EVERY_MICROSECONDS });
  await session.post('Profiler.start');
  return {
    async begin() {
      await session.post('Profiler.stop');
      await session.post('Profiler.start');
    },
    async end() {
      const { profile } = await session.post('Profiler.stop');
      const path = join(process.env.BENCH_PROFILES, `${process.pid}-${threadId}.cpuprofile`);
      writeFileSync(path, JSON.stringify(profile));
      return { profile: path };
    },
  };
}
