/** Answers the web actor where a chunk lies: at once, or as soon as it has come. */
import { defaultIfEmpty, filter, firstValueFrom, map, startWith, takeUntil, timer } from 'rxjs';
import type { Located, Search } from '#src/io/web/calls.js';
import type { Library } from '#src/peer/shares/library.js';
import { locateHere } from './held-here.js';

/** A chunk for which somebody has waited so long does not come soon; a browser goes on where it was. */
const PATIENCE_MS = 60_000;

/** Resolves at the end of the peer at the latest. @throws P2pError `not-found`, `ambiguous` */
export function placeOf(
  { contents, changes }: Pick<Library, 'contents' | 'changes'>,
  { share, chunk, waits }: Search,
  patienceMs = PATIENCE_MS,
): Promise<Located> {
  const look = () => locateHere(contents, share, chunk);
  const isAnswer = ({ has, source }: Located) =>
    waits === undefined || (has && (source.kind === 'share' || source.path !== waits.unreadAt));
  const found = changes.pipe(
    startWith(undefined),
    map(look),
    filter(isAnswer),
    takeUntil(timer(patienceMs)),
    defaultIfEmpty(undefined),
  );
  return firstValueFrom(found).then((place) => place ?? { ...look(), has: false });
}
