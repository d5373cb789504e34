/** `npm run bench`: measures the built product on this machine, beside others. See docs/performance.md. */
import { parseArgs } from 'node:util';
import { measureDownload } from './measures/download.mjs';
import { measureHashing } from './measures/hashing.mjs';
import { measureMemory } from './measures/memory.mjs';
import { profileFilm, profileSmallFiles } from './measures/profile.mjs';
import { measureResponsiveness } from './measures/responsiveness.mjs';
import { measureSmallFiles } from './measures/small-files.mjs';
import { measureStartup } from './measures/startup.mjs';
import { endAll } from './run/child.mjs';
import { installRivals } from './run/install.mjs';
import { productMissing } from './run/product.mjs';
import { createReport } from './run/report.mjs';
import { createScratch, freshFolder, removeFolder } from './run/scratch.mjs';

/**
 * @typedef {{ scratch: string, quick: boolean, rounds: number, log: (text: string) => void,
 *   skip: (what: string, why: string) => void }} Context
 */

const MEASURES = {
  download: measureDownload,
  responsiveness: measureResponsiveness,
  memory: measureMemory,
  startup: measureStartup,
  hashing: measureHashing,
  'small-files': measureSmallFiles,
};

/** What runs only when it is named. */
const ON_REQUEST = { profile: profileFilm, 'profile-small-files': profileSmallFiles };

const ALL = { ...MEASURES, ...ON_REQUEST };

/** Enough for a median that one disturbed run does not move. */
const ROUNDS = 5;

const USAGE = `npm run bench -- [${Object.keys(ALL).join('|')}]... [--quick] [--rounds N] [--json FILE]`;

/** What was asked for; without names, all. */
function wish() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string', default: String(ROUNDS) },
      json: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number');
  const unknown = positionals.filter((name) => !Object.hasOwn(ALL, name));
  if (unknown.length > 0) throw new Error(`there is no measurement called ${unknown.join(', ')}`);
  const names = positionals.length > 0 ? positionals : Object.keys(MEASURES);
  return { names, quick: values.quick, rounds, json: values.json };
}

async function measure({ names, quick, rounds, json }) {
  const report = createReport({ quick, rounds });
  const scratch = createScratch();
  try {
    for (const name of names) {
      log(`${name} ...`);
      const own = freshFolder(scratch, name);
      const context = {
        scratch: own,
        quick,
        rounds,
        log,
        skip: (what, why) => report.skip(what, why),
      };
      report.add(name, await ALL[name](context));
      removeFolder(own);
    }
  } finally {
    await endAll();
    removeFolder(scratch);
  }
  report.write(json);
}

function log(text) {
  process.stderr.write(`bench: ${text}\n`);
}

try {
  const wished = wish();
  const missing = productMissing();
  if (missing !== undefined) throw new Error(missing);
  installRivals(log);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void endAll());
  await measure(wished);
} catch (error) {
  log(error.message);
  log(USAGE);
  process.exitCode = 1;
}
