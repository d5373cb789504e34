/** `npm run bench`: measures the built product on this machine, beside others. See docs/performance.md. */
import { parseArgs } from 'node:util';
import { DATAGRAM_PARTS, measureDatagram } from './measures/datagram.mjs';
import { measureDelta } from './measures/delta.mjs';
import { measureDownload } from './measures/download.mjs';
import { measureFirstByte } from './measures/first-byte.mjs';
import { measureHashing } from './measures/hashing.mjs';
import { measureLimits } from './measures/limits.mjs';
import { measureMemory } from './measures/memory.mjs';
import { MESH_PARTS, measureMesh } from './measures/mesh.mjs';
import { measurePageBusy } from './measures/page-busy.mjs';
import { measurePageOpen } from './measures/page-open.mjs';
import { measurePageScale } from './measures/page-scale.mjs';
import { measurePageStalled } from './measures/page-stalled.mjs';
import { profileFilm, profileFilmOverUdp, profileSmallFiles } from './measures/profile.mjs';
import { measureResponsiveness } from './measures/responsiveness.mjs';
import { measureSmallFiles } from './measures/small-files.mjs';
import { measureStartup } from './measures/startup.mjs';
import { measureSlowSwarm, measureSwarm } from './measures/swarm.mjs';
import { endAll } from './run/child.mjs';
import { installRivals } from './run/install.mjs';
import { productMissing } from './run/product.mjs';
import { createReport } from './run/report.mjs';
import { createScratch, freshFolder, removeFolder } from './run/scratch.mjs';

/**
 * @typedef {{ scratch: string, quick: boolean, rivals: boolean, rounds: number, log: (text: string) => void,
 *   skip: (what: string, why: string) => void }} Context
 */

const MEASURES = {
  download: measureDownload,
  responsiveness: measureResponsiveness,
  memory: measureMemory,
  startup: measureStartup,
  hashing: measureHashing,
  'small-files': measureSmallFiles,
  'first-byte': measureFirstByte,
  delta: measureDelta,
  datagram: measureDatagram,
  mesh: measureMesh,
  swarm: measureSwarm,
  limits: measureLimits,
  'page-open': measurePageOpen,
};

/** What runs only when it is named. */
const ON_REQUEST = {
  profile: profileFilm,
  'profile-udp': profileFilmOverUdp,
  'profile-small-files': profileSmallFiles,
  ...DATAGRAM_PARTS,
  ...MESH_PARTS,
  'swarm-slow': measureSlowSwarm,
  'page-busy': measurePageBusy,
  'page-scale': measurePageScale,
  'page-stalled': measurePageStalled,
};

const ALL = { ...MEASURES, ...ON_REQUEST };

/** Enough for a median that one disturbed run does not move. */
const ROUNDS = 5;

const USAGE = `npm run bench -- [${Object.keys(ALL).join('|')}]... [--quick] [--no-rivals] [--rounds N] [--json FILE]`;

/** What was asked for; without names, all. */
function wish() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string', default: String(ROUNDS) },
      json: { type: 'string' },
      'no-rivals': { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number');
  const unknown = positionals.filter((name) => !Object.hasOwn(ALL, name));
  if (unknown.length > 0) throw new Error(`there is no measurement called ${unknown.join(', ')}`);
  const names = positionals.length > 0 ? positionals : Object.keys(MEASURES);
  return { names, quick: values.quick, rivals: !values['no-rivals'], rounds, json: values.json };
}

async function measure({ names, json, ...wished }) {
  const report = createReport(wished);
  const scratch = createScratch();
  try {
    for (const name of names) {
      log(`${name} ...`);
      const own = freshFolder(scratch, name);
      const skip = (what, why) => report.skip(what, why);
      report.add(name, await ALL[name]({ ...wished, scratch: own, log, skip }));
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
  if (wished.rivals) installRivals(log);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void endAll());
  await measure(wished);
} catch (error) {
  log(error.message);
  log(USAGE);
  process.exitCode = 1;
}
