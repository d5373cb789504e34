/** Which functions a V8 profile was in, without what they called. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const MICROSECONDS_A_MS = 1000;

/** What is not work: waiting, the bench itself, and `dispatch`, which is the profiler's own start and end. */
const NO_WORK = /^\(idle\)|^\(root\)|^dispatch$|-(monitor|probe)\.mjs/;

/** @returns {{ where: string, ms: number }[]} most first; `(program)` is native code that no JavaScript called. */
export function selfTimes(path) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8'));
  const places = new Map(nodes.map(({ id, callFrame }) => [id, place(callFrame)]));
  const times = new Map();
  samples.forEach((id, index) => {
    const where = places.get(id);
    times.set(where, (times.get(where) ?? 0) + timeDeltas[index] / MICROSECONDS_A_MS);
  });
  return Array.from(times, ([where, ms]) => ({ where, ms }))
    .filter(({ where }) => !NO_WORK.test(where))
    .toSorted((a, b) => b.ms - a.ms);
}

function place({ functionName, url, lineNumber }) {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${basename(url)}:${lineNumber + 1}`;
}
