/** How much one author may say to all: whatever is beyond it is heard by nobody until history brings it. */
import type { Rate } from '#src/domain/rates/token-bucket.js';

/** Faster than anybody types, and enough for a program that reports. */
export const AUTHOR_RATE: Rate = { perSecond: 20, burst: 100 };
