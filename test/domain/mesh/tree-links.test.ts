import { expect, it } from 'vitest';
import { TreeLinks } from '#src/domain/mesh/tree-links.js';
import { idOf } from '#test/support/mesh-contacts.js';

const ANNA = idOf(1);

function shown({ eager, lazy }: TreeLinks) {
  return { eager: [...eager], lazy: [...lazy] };
}

it('carries messages over a new link, and still none over one that was taken out of the tree', () => {
  const links = new TreeLinks();
  links.add(ANNA);
  expect(shown(links)).toEqual({ eager: [ANNA], lazy: [] });
  links.makeLazy(ANNA);
  links.add(ANNA);
  expect(shown(links)).toEqual({ eager: [], lazy: [ANNA] });
  links.makeEager(ANNA);
  expect(shown(links)).toEqual({ eager: [ANNA], lazy: [] });
});

it('makes no neighbour of who is none', () => {
  const links = new TreeLinks();
  links.makeEager(ANNA);
  links.makeLazy(ANNA);
  expect([links.has(ANNA), shown(links)]).toEqual([false, { eager: [], lazy: [] }]);
});

it('says of a link that ends whether messages travelled over it', () => {
  const links = new TreeLinks();
  links.add(ANNA);
  expect([links.remove(ANNA), links.remove(ANNA)]).toEqual([true, false]);
  links.add(ANNA);
  links.makeLazy(ANNA);
  expect([links.remove(ANNA), links.has(ANNA)]).toEqual([false, false]);
});
