/** The schema laid out flat: every setting with its dotted path. */
import type { Leaf } from './leaf.js';
import { schema } from './schema.js';

export type PathedLeaf = { readonly path: string; readonly leaf: Leaf<unknown> };

type Node = Leaf<unknown> | { readonly [key: string]: Node };

export const leaves: readonly PathedLeaf[] = flat(schema, '');

const byPath = new Map(leaves.map((pathed) => [pathed.path, pathed.leaf]));

export function leafAt(path: string): Leaf<unknown> | undefined {
  return byPath.get(path);
}

/** @returns whether settings lie below this path, as `discovery.port` lies below `discovery`. */
export function isGroup(path: string): boolean {
  return leaves.some((pathed) => pathed.path.startsWith(`${path}.`));
}

function flat(node: Node, path: string): readonly PathedLeaf[] {
  if (isLeaf(node)) return [{ path, leaf: node }];
  return Object.entries(node).flatMap(([key, child]) =>
    flat(child, path === '' ? key : `${path}.${key}`),
  );
}

function isLeaf(node: Node): node is Leaf<unknown> {
  return typeof node['format'] === 'function';
}
