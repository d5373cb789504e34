/** How many announcements are worth a signature check, from one source and from all of them. */
import { type Bucket, filled, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';

export type Intake = {
  readonly all: Bucket | undefined;
  readonly bySource: ReadonlyMap<string, Bucket>;
};

/**
 * A check costs 140 us: 200 a second are three hundredths of one core. All that is allowed at once may come in one
 * turn of the event loop: 100, with what follows of each, hold it up for 30 ms.
 */
const ALL: Rate = { perSecond: 200, burst: 100 };
/** A start is three announcements in a second and the greetings of others' starts: a burst of 8 covers it. */
const SOURCE: Rate = { perSecond: 2, burst: 8 };
/** As many as there are rows for peers; spoofed sources push each other out, not memory up. */
const SOURCES = 1024;

/**
 * @param source undefined for one exempt from the limit per source.
 * @returns what is left, or which limit refuses. A refusal changes nothing, so a flood costs no memory.
 */
export function withinLimits(
  intake: Intake,
  source: string | undefined,
  now: number,
): Intake | 'source-limit' | 'all-limit' {
  const own =
    source === undefined ? undefined : takeToken(intake.bySource.get(source), SOURCE, now);
  if (source !== undefined && own === undefined) return 'source-limit';
  const all = takeToken(intake.all, ALL, now);
  if (all === undefined) return 'all-limit';
  if (source === undefined || own === undefined) return { ...intake, all };
  return { all, bySource: withSource(intake.bySource, source, own, now) };
}

/** A full bucket says the same as none, so those go first; then the one written longest ago. */
function withSource(
  sources: ReadonlyMap<string, Bucket>,
  source: string,
  bucket: Bucket,
  now: number,
): ReadonlyMap<string, Bucket> {
  const next = new Map(sources);
  next.delete(source);
  if (next.size >= SOURCES)
    for (const [other, held] of next)
      if (filled(held, SOURCE, now) >= SOURCE.burst) next.delete(other);
  const oldest = next.keys().next();
  if (next.size >= SOURCES && !oldest.done) next.delete(oldest.value);
  return next.set(source, bucket);
}
