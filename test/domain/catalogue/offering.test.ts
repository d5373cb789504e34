import { describe, expect, it } from 'vitest';
import {
  applyOffer,
  type Catalogue,
  type CataloguePage,
  type CatalogueRow,
  rowKey,
} from '#src/domain/catalogue/catalogue.js';
import { Offering } from '#src/domain/catalogue/offering.js';
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { FRAME_HEADER_BYTES } from '#src/wire/frame.js';
import { encodeMessage } from '#src/wire/message.js';
import { randomFrom } from '#test/support/random.js';

function row(index: number, name = `share ${index}`, have = 1): CatalogueRow {
  const id = index.toString(16).padStart(64, '0') as ContentId;
  return { name, id, bytes: Number.MAX_SAFE_INTEGER, chunks: LIMITS.chunks, have };
}

function catalogueOf(rows: readonly CatalogueRow[]): Catalogue {
  const catalogue: Catalogue = new Map();
  applyOffer(catalogue, rows, []);
  return catalogue;
}

function pagesOf(offering: Offering): CataloguePage[] {
  const pages: CataloguePage[] = [];
  for (let page = offering.next(); page; page = offering.next()) pages.push(page);
  return pages;
}

describe('an offering', () => {
  it('of nothing is one page that is first and last', () => {
    const offering = new Offering(new Map());
    expect(offering.idle).toBe(false);
    expect(pagesOf(offering)).toEqual([{ fresh: true, complete: true, changed: [], removed: [] }]);
    expect(offering.idle).toBe(true);
  });

  it('counts bytes, so that pages of the longest names fit a frame', () => {
    const rows = Array.from({ length: 2000 }, (_, index) => row(index, 'ß'.repeat(127)));
    const pages = pagesOf(new Offering(catalogueOf(rows)));
    expect(pages.flatMap(({ changed }) => changed)).toEqual(rows);
    for (const page of pages) {
      expect(page.changed.length).toBeLessThanOrEqual(200);
      const bytes = encodeMessage({ type: 'offer', ...page }).length - FRAME_HEADER_BYTES;
      expect(bytes).toBeLessThanOrEqual(LIMITS.controlFrameBytes);
    }
  });

  it('tells changes made while the whole is still being told', () => {
    const catalogue = catalogueOf(Array.from({ length: 300 }, (_, index) => row(index)));
    const offering = new Offering(catalogue);
    offering.next();
    offering.touch(applyOffer(catalogue, [row(0, 'share 0', 7)], [row(299)]));
    const rest = pagesOf(offering);
    expect(rest.map(({ fresh }) => fresh)).toEqual([false]);
    expect(rest[0]?.changed.at(-1)).toEqual(row(0, 'share 0', 7));
    expect(rest[0]?.removed).toEqual([{ name: 'share 299', id: row(299).id }]);
  });

  it('starts over when more rows came and went than it may remember', () => {
    const catalogue = catalogueOf([row(0)]);
    const offering = new Offering(catalogue);
    pagesOf(offering);
    for (let index = 1; index <= LIMITS.catalogueRows + 2; index += 1) {
      offering.touch(applyOffer(catalogue, [], [row(index)]));
    }
    expect(pagesOf(offering)).toEqual([
      { fresh: true, complete: true, changed: [row(0)], removed: [] },
    ]);
  });

  it('brings the other side to the same catalogue, whatever changes when (Syncthing #8383)', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const random = randomFrom(seed);
      const catalogue = catalogueOf(Array.from({ length: 500 }, (_, index) => row(index)));
      const offering = new Offering(catalogue);
      const theirs: Catalogue = new Map();
      for (let turn = 0; turn < 200; turn += 1) {
        const one = row(Math.floor(random() * 600));
        const changed = { ...one, have: turn };
        const keeps = random() < 0.5;
        offering.touch(applyOffer(catalogue, keeps ? [changed] : [], keeps ? [] : [one]));
        if (random() < 0.2) hear(theirs, offering.next());
      }
      for (const page of pagesOf(offering)) hear(theirs, page);
      expect(theirs, `seed ${seed}`).toEqual(catalogue);
    }
  });
});

function hear(theirs: Catalogue, page: CataloguePage | undefined): void {
  if (page === undefined) return;
  if (page.fresh) theirs.clear();
  applyOffer(theirs, page.changed, page.removed);
  for (const key of page.removed) expect(theirs.has(rowKey(key))).toBe(false);
}
