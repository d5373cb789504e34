import type { Ranges } from './chunk-set.js';
import type { Place } from './place.js';

/**
 * Where this machine holds the bytes of a content: plain data, so that any thread can open it.
 * - `share`: whole, where its user keeps it; `fingerprints` is the file that remembers what it looked like
 *   when it was hashed, checked before a chunk leaves. `path` is the file itself or the directory's root, or `parts` are what it consists of.
 * - `partial`: being downloaded; `path` is its staging folder: `data` in it is the file, `tree` the root of
 *   the tree.
 * - `kept`: chunks as files by hash below `path` (the chunk store), each at `<first two hex>/<hash hex>`.
 */
export type ContentSource =
  | (Place & { readonly kind: 'share'; readonly fingerprints: string })
  | { readonly kind: 'partial'; readonly path: string; readonly have: Ranges }
  | { readonly kind: 'kept'; readonly path: string; readonly have: Ranges };
