/**
 * The lines of what begins to be shared, on a terminal: a folder of a thousand files is a few lines and a count,
 * not a screenful. The first of a burst are told one by one, the rest together once it pauses.
 */
import type { Share } from '#src/peer/rows.js';
import { sizeText } from './amounts.js';

/** As many as a glance takes in; who shares one file sees its line at once. */
const TOLD_ONE_BY_ONE = 3;
/** Without another share for so long the burst is over: a small file takes milliseconds, a large one is news. */
const PAUSE_MS = 500;
/** A long burst is told of so often, or nobody would know that it goes on. */
const LONGEST_MS = 10_000;

export type ShareLines = {
  /** @returns whether this one is told by itself; if not, it is counted. */
  isTold(share: Share): boolean;
  /** Tells what was counted, now. */
  flush(): void;
};

export function createShareLines(print: (text: string) => void): ShareLines {
  let told = 0;
  let counted = 0;
  let bytes = 0;
  let pause: NodeJS.Timeout | undefined;
  let longest: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(longest);
    longest = undefined;
    if (counted === 0) return;
    const text = `Sharing ${counted} more (${sizeText(bytes)}); \`list\` shows them`;
    counted = 0;
    bytes = 0;
    print(text);
  }

  function endBurst(): void {
    told = 0;
    flush();
  }

  return {
    isTold(share) {
      clearTimeout(pause);
      pause = setTimeout(endBurst, PAUSE_MS).unref();
      if (told < TOLD_ONE_BY_ONE) {
        told += 1;
        return true;
      }
      counted += 1;
      bytes += share.bytes;
      longest ??= setTimeout(flush, LONGEST_MS).unref();
      return false;
    },
    flush,
  };
}
