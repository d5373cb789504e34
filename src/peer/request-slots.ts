/** Which downloads may have how many request actors: the pool is bounded, and every download gets its share. */

/** One of the pool's eight threads is the hasher's. */
export const POOL_SLOTS = 8;
const REQUEST_SLOTS = POOL_SLOTS - 1;

/**
 * @param downloads how many want slots, in the order they began. @param most for one download.
 * @returns slots for each; those that get 0 wait.
 */
export function shareSlots(downloads: number, most: number): readonly number[] {
  const each = Math.floor(REQUEST_SLOTS / Math.max(1, downloads));
  let spare = REQUEST_SLOTS - each * downloads;
  return Array.from({ length: downloads }, () => {
    const extra = spare > 0 ? 1 : 0;
    spare -= extra;
    return Math.min(most, each + extra);
  });
}
