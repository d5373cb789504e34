/** Judges the catalogue that one peer tells on one link: names that cannot be, and more rows than are kept. */

import { checkName, type Platform } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { type CataloguePage, type CatalogueRow, rowKey } from './catalogue.js';
import { RowRoom } from './row-room.js';

export type Judged = {
  /** The page without the rows that were dropped. */
  readonly page: CataloguePage;
  /** Each kind of trouble once a link, at its first row: a peer that has many must not flood us with them. */
  readonly troubles: readonly P2pError[];
};

export class HeardCatalogue {
  readonly #platform: Platform;
  readonly #room: RowRoom;
  readonly #keys = new Set<string>();
  #isCrowded = false;
  #heard = false;
  #unusable = 0;
  #tooMany = 0;

  /** @param room shared with the catalogues of all other links. */
  constructor(platform: Platform, room: RowRoom = new RowRoom()) {
    this.#platform = platform;
    this.#room = room;
  }

  /** Whether anything of it has come. */
  get heard(): boolean {
    return this.#heard;
  }

  /** How many rows were dropped, and why. */
  get dropped(): { readonly unusable: number; readonly tooMany: number } {
    return { unusable: this.#unusable, tooMany: this.#tooMany };
  }

  /** @throws P2pError `protocol` on a name that escapes or a page out of turn: the sender is hostile. */
  judge(page: CataloguePage): Judged {
    if (!this.#heard && !page.fresh) {
      throw new P2pError('protocol', 'a change of a catalogue that was never told');
    }
    this.#heard = true;
    if (page.fresh) this.forget();
    const before = this.dropped;
    const removed = page.removed.filter((key) => this.#keys.delete(rowKey(key)));
    this.#room.free(removed.length);
    const changed = page.changed.filter((row) => this.#keeps(row));
    return { page: { ...page, changed, removed }, troubles: this.#troublesSince(before) };
  }

  /** Its rows make room for others'. */
  forget(): void {
    this.#room.free(this.#keys.size);
    this.#keys.clear();
  }

  #keeps(row: CatalogueRow): boolean {
    const key = rowKey(row);
    if (this.#keys.has(key)) return true;
    const verdict = checkName(row.name, this.#platform);
    if (verdict.kind === 'escape') {
      throw new P2pError('protocol', `a share whose name ${verdict.why}`);
    }
    if (verdict.kind === 'unusable') this.#unusable += 1;
    else if (this.#keys.size >= LIMITS.catalogueRows) this.#tooMany += 1;
    else if (this.#room.take()) this.#keys.add(key);
    else this.#isCrowded = true;
    return this.#keys.has(key);
  }

  #troublesSince(before: { readonly unusable: number; readonly tooMany: number }): P2pError[] {
    const troubles: P2pError[] = [];
    if (before.unusable === 0 && this.#unusable > 0) {
      troubles.push(new P2pError('bad-name', 'shares with names that cannot be used here'));
    }
    if (before.tooMany === 0 && this.#tooMany > 0) {
      troubles.push(new P2pError('limit', `more than ${LIMITS.catalogueRows} shares`));
    }
    if (this.#isCrowded && this.#room.tellOnce()) {
      const all = `${this.#room.most} shares of all peers together are known`;
      troubles.push(new P2pError('limit', `shares that are left out: ${all}`));
    }
    return troubles;
  }
}
