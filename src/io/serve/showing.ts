/** Which chunks are shown to whom of the contents that several fetch: one machine each, from the first follower to the last. */
import type { Ranges } from '#src/domain/content/chunk-set.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { isSuperSeeded, SuperSeeding } from '#src/domain/spread/super-seeding.js';

/** Contents shown chunk by chunk at a time, 800 KiB each at most; any more are shown whole. */
const MOST_CONTENTS = 16;

/** One that follows a content which is shown to it chunk by chunk. */
export type Follower = {
  /** What it is shown at once. */
  readonly first: Ranges;
  /** It asks for a chunk. @returns whether it was shown that one. */
  asks(index: number): boolean;
  /** It says that it holds these too. @throws P2pError `protocol` where there is no truth in that */
  holds(ranges: Ranges): void;
  end(): void;
};

type Show = (ranges: Ranges) => void;

export class Showing {
  readonly #now: () => number;
  readonly #contents = new Map<ContentId, SuperSeeding<Show>>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * @param holds what it says to hold. @param show is told what else it is shown, as that comes.
   * @returns undefined where it is to be shown all. @throws P2pError `protocol`
   */
  follow(id: ContentId, chunks: number, holds: Ranges, show: Show): Follower | undefined {
    const known = this.#contents.get(id);
    if (known === undefined && this.#contents.size >= MOST_CONTENTS) return undefined;
    if (!isSuperSeeded(chunks)) return undefined;
    const seeding = known ?? new SuperSeeding<Show>(chunks, Math.random);
    let unsaid = withoutTwice(chunks, chunks, holds);
    this.#contents.set(id, seeding);
    return {
      first: seeding.follow(show, holds, this.#now()),
      asks: (index) => {
        if (!seeding.mayAsk(show, index)) return false;
        tell(show, seeding.asked(show, index, this.#now()));
        return true;
      },
      holds: (ranges) => {
        unsaid = withoutTwice(unsaid, chunks, ranges);
        tell(show, seeding.holds(show, ranges, this.#now()));
      },
      end: () => {
        seeding.unfollow(show, this.#now());
        if (!seeding.isFollowed && this.#contents.get(id) === seeding) this.#contents.delete(id);
      },
    };
  }

  /** Time has passed: whoever waits may be shown more. */
  tick(): void {
    for (const seeding of this.#contents.values()) {
      for (const { to, ranges } of seeding.tick(this.#now())) to(ranges);
    }
  }
}

function tell(show: Show, ranges: Ranges): void {
  if (ranges.length > 0) show(ranges);
}

/**
 * Nobody gains a chunk twice, and to hear of it costs something.
 * @returns how many of `unsaid` chunks are left. @throws P2pError `protocol`
 */
function withoutTwice(unsaid: number, chunks: number, ranges: Ranges): number {
  let said = 0;
  for (let at = 0; at + 1 < ranges.length; at += 2) said += ranges[at + 1] ?? 0;
  const end = (ranges.at(-2) ?? 0) + (ranges.at(-1) ?? 0);
  if (end > chunks || said > unsaid) {
    throw new P2pError('protocol', 'it holds chunks that there are not, or some twice');
  }
  return unsaid - said;
}
