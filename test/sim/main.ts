/**
 * Prints how a large mesh does in virtual time: `npm run sim -- --nodes 10000 --loss 0.1 --churn 0.1 --seed 1`. With
 * `--only WORD` only the trials whose title has that word.
 */
import { parseArgs } from 'node:util';
import {
  type Outcome,
  runCourse,
  runCrowd,
  runMassFailure,
  runPartition,
  runSybils,
} from '#test/support/mesh-scenes.js';

/** Forty invented peers to each honest one: more than that adds time, not trouble. */
const HONEST = 25;
const SYBILS_EACH = 40;

const OPTIONS = {
  nodes: { type: 'string', default: '10000' },
  loss: { type: 'string', default: '0.1' },
  churn: { type: 'string', default: '0.1' },
  seed: { type: 'string', default: '1' },
  only: { type: 'string', default: '' },
} as const;

const { values } = parseArgs({ options: OPTIONS });

function main(): void {
  const nodes = toNumber(values.nodes);
  const loss = toNumber(values.loss);
  const churn = toNumber(values.churn);
  const seed = toNumber(values.seed);
  console.log(`${nodes} peers, seed ${seed}`);
  report('nothing lost, nobody comes or goes', () => rowsOf(runCourse({ nodes, seed })));
  report(`${percent(loss)} of messages lost, ${percent(churn)} of peers replaced a minute`, () =>
    rowsOf(runCourse({ nodes, seed, loss, churn })),
  );
  report('80 % killed at once', () => rowsOf(runMassFailure({ nodes, seed, killed: 0.8 })));
  report('cut in two for 60 s', () => {
    const { joinedMs, missing, twice } = runPartition({ nodes, seed, cutMs: 60_000 });
    return [
      ['one network again after, s', (joinedMs / 1000).toFixed(1)],
      ['messages missing, shown twice', `${missing}, ${twice}`],
    ];
  });
  report('all come at once through one', () => {
    const parts = runCrowd({ nodes, seed });
    const [largest = 0] = parts;
    return [['parts after a minute, the largest', `${parts.length}, ${largest}`]];
  });
  report(`${SYBILS_EACH} sybils to each of ${HONEST}`, () =>
    [true, false].map((isTrusting) => {
      const { delivered } = runSybils({ nodes: HONEST, seed, each: SYBILS_EACH, isTrusting });
      return [isTrusting ? 'delivered, who trust each other' : 'who do not', percent(delivered)];
    }),
  );
}

function rowsOf(outcome: Outcome): string[][] {
  return [
    ['links, longest way', `${outcome.hops}`],
    ['copies beyond the first, per peer', outcome.copies.toFixed(3)],
    ['had it within 2 s, worst message', percent(outcome.atOnce)],
    ['until the last has it, mean ms', outcome.spreadMs.toFixed(0)],
    ['missing after a minute, shown twice', `${outcome.missing}, ${outcome.twice}`],
    ['longest without a neighbour, s', (outcome.aloneMs / 1000).toFixed(1)],
    ['parts of the network', outcome.components.join(' ')],
    ['kB sent per peer and minute', (outcome.bytesPerMinute / 1000).toFixed(1)],
  ];
}

function report(title: string, run: () => string[][]): void {
  if (!title.includes(values.only)) return;
  const startedAt = performance.now();
  const rows = run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`\n${title} (computed in ${seconds} s)`);
  for (const [name = '', value = ''] of rows) console.log(`  ${name.padEnd(38)}${value}`);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(part === 1 ? 0 : 2)} %`;
}

function toNumber(text: string): number {
  const number = Number(text);
  if (text === '' || !Number.isFinite(number) || number < 0)
    throw new Error(`not a number: ${text}`);
  return number;
}

main();
