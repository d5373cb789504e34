import { describe, expect, it } from 'vitest';
import {
  runCourse,
  runCrowd,
  runMassFailure,
  runPartition,
  runSybils,
  runTalk,
} from '#test/support/mesh-scenes.js';

const NODES = 1000;

/** Another one each time; `MESH_SEED` brings one back. */
const SEED = Number(process.env['MESH_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const WITH = `MESH_SEED=${SEED}`;

/** It computes for seconds what a slow and busy machine needs minutes for. */
const TIMEOUT_MS = 300_000;

describe(`a simulated mesh of ${NODES} peers`, { timeout: TIMEOUT_MS }, () => {
  it('brings every message to everybody over few links, and hardly ever twice', () => {
    const outcome = runCourse({ nodes: NODES, seed: SEED });
    expect(outcome, WITH).toMatchObject({ missing: 0, twice: 0, components: [NODES] });
    expect(outcome.hops, WITH).toBeLessThanOrEqual(14);
    expect(outcome.copies, WITH).toBeLessThan(0.15);
    expect(outcome.atOnce, WITH).toBe(1);
  });

  it('does so while a tenth of all messages is lost and a tenth of all peers replaced a minute', () => {
    const options = { nodes: NODES, seed: SEED, loss: 0.1, churn: 0.1 };
    const outcome = runCourse(options);
    expect(outcome, WITH).toMatchObject({ missing: 0, twice: 0 });
    expect(outcome.hops, WITH).toBeLessThanOrEqual(14);
    expect(outcome.copies, WITH).toBeLessThan(0.3);
    expect(outcome.aloneMs, WITH).toBeLessThan(30_000);
  });

  it('is whole again three messages after four fifths of it died at once', () => {
    const outcome = runMassFailure({ nodes: NODES, seed: SEED, killed: 0.8 });
    expect(outcome, WITH).toMatchObject({ missing: 0, twice: 0 });
    expect(outcome.components, WITH).toHaveLength(1);
    expect(outcome.atOnce, WITH).toBeGreaterThanOrEqual(0.999);
    expect(outcome.aloneMs, WITH).toBeLessThan(30_000);
  });

  it('shows what each author says in his order, though one message overtakes another', () => {
    const { missing, twice, late } = runTalk({ nodes: 300, seed: SEED });
    expect({ missing, twice, late }, WITH).toEqual({ missing: 0, twice: 0, late: 0 });
  });

  it('shows nearly all in order where a tenth is lost, and all of it once', () => {
    const { missing, twice, late } = runTalk({ nodes: 300, seed: SEED, loss: 0.1 });
    expect({ missing, twice }, WITH).toEqual({ missing: 0, twice: 0 });
    expect(late, WITH).toBeLessThan(0.01);
  });

  it.each([60_000, 120_000])(
    'joins two halves that were apart for %i ms, and both learn all',
    (cutMs) => {
      const { joinedMs, missing, twice } = runPartition({ nodes: 300, seed: SEED, cutMs });
      expect({ missing, twice }, WITH).toEqual({ missing: 0, twice: 0 });
      expect(joinedMs, WITH).toBeLessThan(20_000);
    },
  );

  it.each([9, 50, NODES])('becomes one where %i come at once through one contact', (nodes) => {
    expect(runCrowd({ nodes, seed: SEED }), WITH).toEqual([nodes]);
  });

  it('takes in fifty who come at once through one contact within 15 s, though it evicts few for them', () => {
    const crowd = runCrowd({ nodes: 50, seed: SEED, withinMs: 15_000 });
    expect(crowd, WITH).toEqual([50]);
  });

  it('has no island of three where nine come at once through one contact, whatever the chance', () => {
    for (let seed = SEED; seed < SEED + 100; seed += 1) {
      expect(runCrowd({ nodes: 9, seed }), `MESH_SEED=${seed}`).toEqual([9]);
    }
  });

  it('carries what peers who trust each other say, with forty sybils to each of them (CVE-2020-12821)', () => {
    const options = { nodes: 15, seed: SEED, each: 40, isTrusting: true };
    expect(runSybils(options), WITH).toEqual({ delivered: 1, twice: 0 });
  });

  it('comes out the same with the same seed', () => {
    const options = { nodes: 50, seed: SEED, loss: 0.1, churn: 0.1, messages: 5 };
    expect(runCourse(options), WITH).toEqual(runCourse(options));
  });
});
