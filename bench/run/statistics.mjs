/** The middle of the values: one run that was disturbed does not move it. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @returns the least value that so large a part of all does not exceed. */
export function percentile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

/**
 * How much faster `ours` is than `theirs`: the middle of the rounds' ratios, since what slows the machine down
 * for a while slows both.
 */
export function timesFaster(ours, theirs, key = 'ms') {
  return median(ours.map((sample, round) => theirs[round][key] / sample.ms));
}

/**
 * Runs every contender once a round, each round beginning with another, so that none always runs first or on
 * the warmest machine.
 * @param {number} rounds
 * @param {Record<string, () => Promise<object>>} contenders whose samples have `ms`, and `told` where that says little
 * @param {(text: string) => void} log
 * @param {() => void} prepare called before every turn
 * @returns {Promise<Record<string, object[]>>} the samples of each
 */
export async function alternate(rounds, contenders, log, prepare = () => undefined) {
  const names = Object.keys(contenders);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length];
      prepare();
      const sample = await contenders[name]();
      samples[name].push(sample);
      const told = sample.told ?? `${(sample.ms / 1000).toFixed(2)} s`;
      log(`round ${round + 1} of ${rounds}: ${name} ${told}`);
    }
  }
  return samples;
}
