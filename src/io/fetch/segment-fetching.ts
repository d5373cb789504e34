/**
 * How a source's content is cut by its bytes: its list, page after page. Nothing in it is believed but that it is a list
 * of this content, which bounds it.
 */
import { segmentSizesFor } from '#src/domain/content/content-defined.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import {
  GIVES_SEGMENTS,
  PAGE_SEGMENTS,
  SEGMENT_BYTES,
  SegmentWalk,
} from '#src/domain/content/segment-list.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Message } from '#src/wire/message.js';

export type SegmentsFetched =
  | { readonly type: 'segments'; readonly pages: readonly Uint8Array[] }
  | { readonly type: 'no-segments' };

type Arrival = {
  readonly id: ContentId;
  readonly walk: SegmentWalk;
  readonly pages: Uint8Array[];
  /** Of the page that is awaited. */
  request: number;
};

export class SegmentFetching {
  readonly #send: (message: Message) => number;
  readonly #say: (fetched: SegmentsFetched) => void;
  #arrival: Arrival | undefined;

  /** @param send returns the number of the request. */
  constructor(send: (message: Message) => number, say: (fetched: SegmentsFetched) => void) {
    this.#send = send;
    this.#say = say;
  }

  /** @param features of the source: an older one would end the session. */
  ask(manifest: Manifest, features: readonly string[]): void {
    if (this.#arrival !== undefined) return;
    if (!features.includes(GIVES_SEGMENTS)) return this.#say({ type: 'no-segments' });
    const walk = new SegmentWalk(manifest, segmentSizesFor(manifest.bytes));
    this.#arrival = { id: manifest.id, walk, pages: [], request: 0 };
    this.#askPage(this.#arrival);
  }

  /** @throws P2pError `protocol` where it is no list of this content */
  take(request: number, page: Uint8Array): void {
    const arrival = this.#arrival;
    if (arrival === undefined || request !== arrival.request) return;
    arrival.walk.take(page);
    arrival.pages.push(page);
    if (arrival.walk.isWhole) {
      this.#arrival = undefined;
      return this.#say({ type: 'segments', pages: arrival.pages });
    }
    if (page.length < PAGE_SEGMENTS * SEGMENT_BYTES) return this.#giveUp();
    return this.#askPage(arrival);
  }

  /** @returns whether it was the list that was refused. */
  refused(request: number): boolean {
    if (this.#arrival === undefined || request !== this.#arrival.request) return false;
    this.#giveUp();
    return true;
  }

  #askPage(arrival: Arrival): void {
    const page = arrival.pages.length;
    arrival.request = this.#send({ type: 'get-segments', id: arrival.id, page });
  }

  #giveUp(): void {
    this.#arrival = undefined;
    this.#say({ type: 'no-segments' });
  }
}
