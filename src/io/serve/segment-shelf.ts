/** Lists of segments that this peer serves: read from their files, and asked for where there is none yet. */
import type { ContentId } from '#src/domain/ids.js';
import { readSegmentPage } from '#src/io/content/segment-store.js';

type Waiting = { readonly settled: Promise<void>; readonly settle: () => void };

export class SegmentShelf {
  readonly #folder: string | null;
  readonly #want: (id: ContentId) => void;
  readonly #waiting = new Map<ContentId, Waiting>();

  /**
   * @param folder null where none are given.
   * @param want has one made; `settled` is to follow, whatever becomes of it.
   */
  constructor(folder: string | null, want: (id: ContentId) => void) {
    this.#folder = folder;
    this.#want = want;
  }

  /** @returns undefined where there is no such page, nor will there be. @param id of what is whole here. */
  async page(id: ContentId, page: number): Promise<Uint8Array | undefined> {
    if (this.#folder === null) return undefined;
    let bytes = await readSegmentPage(this.#folder, id, page);
    if (bytes === undefined) {
      await this.#made(id);
      bytes = await readSegmentPage(this.#folder, id, page);
    }
    return bytes?.length === 0 ? undefined : bytes;
  }

  settled(id: ContentId): void {
    this.#waiting.get(id)?.settle();
    this.#waiting.delete(id);
  }

  /** All who want the same wait for the same. */
  #made(id: ContentId): Promise<void> {
    const known = this.#waiting.get(id);
    if (known !== undefined) return known.settled;
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#waiting.set(id, { settled, settle });
    this.#want(id);
    return settled;
  }
}
