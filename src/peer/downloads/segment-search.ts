/** Asks the sources of one download, one after the other, how its content is cut by its bytes, until one says so. */
import { firstValueFrom, map, merge, Observable, take } from 'rxjs';
import type { PeerId } from '#src/domain/ids.js';
import type { Requests, SegmentsSaid } from './requests.js';

/** @returns the file it is in, undefined where none of those connected has it. @param stop emits when that is too late. */
export function searchSegments(
  requests: Requests,
  stop: Observable<unknown>,
): Promise<string | undefined> {
  const found = new Observable<boolean>((subscriber) => {
    const search = new Search(requests, (isFound) => {
      subscriber.next(isFound);
      subscriber.complete();
    });
    subscriber.add(requests.segments.subscribe((said) => search.hear(said)));
    search.go();
  });
  const file = found.pipe(map((isFound) => (isFound ? requests.heardSegments : undefined)));
  return firstValueFrom(merge(file, stop.pipe(map(() => undefined))).pipe(take(1)), {
    defaultValue: undefined,
  });
}

class Search {
  readonly #requests: Requests;
  readonly #end: (isFound: boolean) => void;
  readonly #done = new Set<PeerId>();
  #asked: PeerId | undefined;

  constructor(requests: Requests, end: (isFound: boolean) => void) {
    this.#requests = requests;
    this.#end = end;
  }

  hear({ peer, type }: SegmentsSaid): void {
    if (type === 'segments-stored') return this.#end(true);
    if (type !== 'connected' && peer === this.#asked) this.#asked = undefined;
    return this.go();
  }

  /** Before the first is connected it is waited for; once all have been asked in vain, no longer. */
  go(): void {
    if (this.#asked !== undefined) return;
    const next = this.#requests.sources.find(({ peerId }) => !this.#done.has(peerId));
    if (next === undefined) return this.#done.size > 0 ? this.#end(false) : undefined;
    this.#asked = next.peerId;
    this.#done.add(next.peerId);
    this.#requests.send(next.peerId, { type: 'ask-segments' });
  }
}
