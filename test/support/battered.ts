/** Parsers that are given sound samples, damaged in every way: how often, and what they may do. */
import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { mutated, SEED } from './mutations.js';
import { randomFrom } from './random.js';
import { rounds } from './rounds.js';

export const MANY = rounds({ small: 4000, full: 100_000 });
/** Of what goes through a file. */
export const SOME = rounds({ small: 60, full: 2000 });

/** What all samples together leave in buffers until the collector comes by: 64 KiB each at most, few at a time. */
const SLACK_BYTES = 64 << 20;

export function refusing(codes: readonly string[], parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof P2pError) || !codes.includes(error.code)) throw error;
  }
}

/** Runs it, and sees that buffers did not grow with what the bytes claim. */
export function bounded(run: () => void): void {
  const before = process.memoryUsage().arrayBuffers;
  run();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(SLACK_BYTES);
  expect(Object.prototype).not.toHaveProperty('polluted');
}

/** Damages a file again and again. @param read throws on what is not its documented way to refuse. */
export async function batterFile(
  path: string,
  samples: readonly Uint8Array[],
  read: (bytes: Uint8Array) => Promise<unknown>,
  times = SOME,
): Promise<void> {
  const random = randomFrom(SEED);
  const pick = () => samples[Math.floor(random() * samples.length)] ?? new Uint8Array();
  for (let time = 0; time < times; time += 1) {
    const bytes = mutated(pick(), pick(), random);
    writeFileSync(path, bytes);
    await read(bytes).catch((cause: Error) => {
      throw new Error(`seed ${SEED}, sample ${time}: ${cause.message}`, { cause });
    });
  }
}

export async function refused(codes: readonly string[], work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof P2pError) || !codes.includes(error.code)) throw error;
  });
}
