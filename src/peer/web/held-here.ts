/** What of a share is here, and where its bytes lie, for the web actor, which reads them itself. */
import type { Contents } from '#src/domain/catalogue/contents.js';
import { type ChunkMap, chunkMapOf } from '#src/domain/content/chunk-map.js';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Located } from '#src/io/web/calls.js';
import { SHORTEST_PREFIX } from '#src/peer/network/naming.js';

type Held = NonNullable<ReturnType<Contents['best']>>;

/** @param share its name, or the beginning of its id. @throws P2pError `not-found`, `ambiguous` */
export function locateHere(contents: Contents, share: string, chunk: number): Located {
  const { id, name, source, have } = heldAs(contents, share);
  return { id, name, source: withoutHave(source), has: source.kind === 'share' || have.has(chunk) };
}

/** @returns a map without cells where nothing of it is here that is the user's. @throws P2pError `ambiguous` */
export function chunkMapHere(contents: Contents, share: string): ChunkMap {
  return chunkMapOf(foundAs(contents, share)?.have ?? new ChunkSet(0));
}

function heldAs(contents: Contents, share: string): Held {
  const held = foundAs(contents, share);
  if (held !== undefined) return held;
  throw new P2pError('not-found', `there is no ${share} here: \`list\` shows what there is`);
}

/** @throws P2pError `ambiguous` */
function foundAs(contents: Contents, share: string): Held | undefined {
  const exact = contents.best(share as ContentId);
  const found = exact === undefined ? meant(contents, share) : [exact];
  const [held, other] = found;
  // What is kept for others is not the user's.
  if (held === undefined || held.source.kind === 'kept') return undefined;
  if (other !== undefined) {
    const ids = found.map(({ id }) => id.slice(0, 8)).join(', ');
    throw new P2pError('ambiguous', `${share} is several contents here: say which id, ${ids}`);
  }
  return held;
}

function meant(contents: Contents, share: string): readonly Held[] {
  const ids = new Set<ContentId>();
  for (const { id, name, source } of contents.all()) {
    const isMeant = name === share || (share.length >= SHORTEST_PREFIX && id.startsWith(share));
    if (isMeant && source.kind !== 'kept') ids.add(id);
  }
  return [...ids].flatMap((id) => contents.best(id) ?? []);
}

/** Which chunks there are of it is asked for one by one: all of them would be much to say each time. */
function withoutHave(source: ContentSource): ContentSource {
  return source.kind === 'share' ? source : { ...source, have: [] };
}
