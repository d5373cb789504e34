/** Sources that lie about a film or misbehave with it, next to an honest one, and who is convicted for it. */
import { expect } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import { openScene, type Scene } from './fault-scene.js';
import { type Ask, type Content, type MadeSource, makeSource, type Script } from './made-source.js';
import type { Teardown } from './network.js';

/** Of the smallest size that chunks of a file have. */
const CHUNK = 256 * KiB;

/** How many a film has unless a test wants more: enough for a pipeline. */
export const CHUNKS = 8;

/** One for each thread of the pool of requests, so that no liar has to wait for another's end. */
const MOST_SOURCES = 7;

/** The last chunk is a single frame, which has no order. */
export const ALL_BUT_THE_LAST = ({ answer }: Ask) =>
  answer({ type: 'have', ranges: [0, CHUNKS - 1] });

/** @param teardown registers what cleans up. */
export function openLiarScene(teardown: Teardown): Promise<Scene> {
  return openScene(teardown, { transfer: { maxSources: MOST_SOURCES } });
}

/** A film that nobody has yet; its last chunk is short. */
export function newFilm(scene: Scene, chunks = CHUNKS): Content {
  return scene.newFilm((chunks - 1) * CHUNK + 1000);
}

export function liarWith(scene: Scene, film: Content, script: Script): Promise<MadeSource> {
  return makeSource(`liar of ${film.name}`, [film], [scene.downloader], script);
}

/**
 * @param banned those that earlier tests had banned rightly.
 * @returns says who was convicted since, and expects that nobody else is banned.
 */
export function newConvictions(
  scene: Scene,
  banned: readonly PeerId[] = [],
): () => Promise<readonly string[]> {
  const before = scene.convicted().length;
  return async () => {
    expect(await scene.banned()).toEqual(banned);
    return scene.convicted().slice(before);
  };
}
