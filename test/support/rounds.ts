/** How often a test breaks something, and the chance it does so by. */
import { randomFrom } from './random.js';

/**
 * A few times with the other tests, many times in `npm run test:faults`, which sets FAULTS=full; a number
 * there is the most that a test does, for whoever has less time.
 */
export function rounds({ small, full }: { readonly small: number; readonly full: number }): number {
  const { FAULTS } = process.env;
  if (FAULTS === undefined) return small;
  return FAULTS === 'full' ? full : Math.min(full, Number(FAULTS));
}

/** Random numbers in [0, 1); their seed is printed, and FAULTS_SEED brings them back. */
export function chance(): () => number {
  const seed = Number(process.env['FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  console.info(`FAULTS_SEED=${seed}`);
  return randomFrom(seed);
}

/** So many of several, by chance, in their order. */
export function someOf<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  const some = [...all];
  while (some.length > count) some.splice(Math.floor(random() * some.length), 1);
  return some;
}

/** One of several, by chance. */
export function oneOf<T>(all: readonly T[], random: () => number): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new Error('there is nothing to choose from');
  return one;
}
