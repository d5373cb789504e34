/** What a run found out: a table on stdout, and everything as JSON. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { table } from './figures.mjs';
import { ROOT } from './product.mjs';
import { watchOthers } from './usage.mjs';

const GiB = 1024 ** 3;

/** @param {{ quick: boolean, rounds: number }} options */
export function createReport(options) {
  const date = new Date().toISOString();
  const disturbance = watchOthers();
  const found = {
    date,
    ...circumstances(),
    ...options,
    figures: [],
    skipped: [],
    notes: [],
    samples: {},
  };
  return {
    add(measure, { figures, samples, notes = [] }) {
      found.figures.push(...figures.map((one) => ({ measure, ...one })));
      found.samples[measure] = samples;
      found.notes.push(...notes);
    },
    skip(what, why) {
      found.skipped.push({ what, why });
      process.stderr.write(`bench: skipped: ${what}: ${why}\n`);
    },
    /** @param {string | undefined} path where the JSON goes; without it, a file of the date in bench/results. */
    write(path = join(ROOT, 'bench', 'results', `${date.replaceAll(':', '-')}.json`)) {
      found.disturbance = disturbance();
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${JSON.stringify(found, undefined, 2)}\n`);
      print(found);
      process.stdout.write(`\nAll of it: ${path}\n`);
    },
  };
}

function print(found) {
  const { commit, machine, node, quick, rounds, disturbance } = found;
  const kind = quick ? 'QUICK, small sizes: no figures to go by' : `medians of ${rounds} rounds`;
  const [others, host] = [disturbance.others, disturbance.host].map((one) => Math.round(100 * one));
  process.stdout.write(`\n${commit} on ${machine}, Node ${node}; ${kind}\n`);
  process.stdout.write(`other processes took ${others} % of the machine, its host ${host} %\n`);
  for (const measure of new Set(found.figures.map((one) => one.measure))) {
    // Small sizes tell whether the bench runs, not whether the product is fast enough.
    const lines = table(
      found.figures.filter((one) => one.measure === measure),
      !quick,
    );
    process.stdout.write(`\n${measure}\n  ${lines.join('\n  ')}\n`);
  }
  for (const note of found.notes) process.stdout.write(`${note}\n`);
  for (const { what, why } of found.skipped) {
    process.stdout.write(`\nskipped: ${what}: ${why}\n`);
  }
}

function circumstances() {
  const [{ model }] = cpus();
  const memory = Math.round(totalmem() / GiB);
  const machine = `${cpus().length} x ${model.trim()}, ${memory} GiB, Linux ${release()}`;
  return { commit: commit(), machine, node: process.versions.node };
}

/** A package that was unpacked has none. */
function commit() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: ROOT,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'no commit';
  }
}
