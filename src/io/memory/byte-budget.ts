/** Bytes that many may hold in memory together: taken before they are allocated, given back when let go. */
export type ByteBudget = {
  /** @returns whether there was room. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
};

export function createByteBudget(limitBytes: number): ByteBudget {
  let used = 0;
  return {
    take(bytes) {
      if (used + bytes > limitBytes) return false;
      used += bytes;
      return true;
    },
    giveBack(bytes) {
      used -= bytes;
    },
  };
}
