/** Who has something of one content to give: told as that changes, for as long as a download wants to know. */
import { merge, type Subscription } from 'rxjs';
import type { DownloadIn } from '#src/domain/download/download-events.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Surroundings } from './surroundings.js';

export class SourceWatch {
  readonly #id: ContentId;
  readonly #around: Pick<Surroundings, 'neighbours' | 'givers'>;
  readonly #tell: (event: Extract<DownloadIn, { type: 'peer-known' | 'peer-gone' }>) => void;
  readonly #following: Subscription;
  #known: ReadonlySet<PeerId> = new Set();

  constructor(
    id: ContentId,
    around: Pick<Surroundings, 'neighbours' | 'givers'>,
    tell: (event: Extract<DownloadIn, { type: 'peer-known' | 'peer-gone' }>) => void,
  ) {
    this.#id = id;
    this.#around = around;
    this.#tell = tell;
    const { neighbours, givers } = around;
    this.#following = merge(neighbours.holdersChanged, givers.changed).subscribe((ids) => {
      if (ids.includes(id)) this.look();
    });
  }

  look(): void {
    const { neighbours, givers } = this.#around;
    const { directory } = neighbours;
    const holders = [...directory.holders(this.#id).keys()].filter((peer) =>
      directory.isSource(peer, this.#id),
    );
    const sources = new Set([...holders, ...givers.of(this.#id)]);
    for (const peer of this.#known) if (!sources.has(peer)) this.#tell({ type: 'peer-gone', peer });
    for (const peer of sources) {
      if (!this.#known.has(peer)) this.#tell({ type: 'peer-known', peer });
    }
    this.#known = sources;
  }

  close(): void {
    this.#following.unsubscribe();
  }
}
