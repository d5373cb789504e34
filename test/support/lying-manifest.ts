/** Manifests that prove themselves and lie all the same: a root and an id made for whatever it lists. */

import { contentIdOf, encodeRoot } from '#src/domain/content/manifest-root.js';
import type { ContentId } from '#src/domain/ids.js';
import { blake3Of } from '#src/io/content/blake3.js';

/** Where a root has its numbers. */
export const ROOT_FIELDS = {
  chunkSizeLog: { at: 6, bytes: 1 },
  bytes: { at: 7, bytes: 8 },
  entries: { at: 15, bytes: 4 },
  chunks: { at: 19, bytes: 4 },
  entryPages: { at: 23, bytes: 4 },
  hashPages: { at: 27, bytes: 4 },
} as const;

export type RootField = keyof typeof ROOT_FIELDS;

export type Lie = {
  readonly kind?: 'file' | 'directory';
  readonly bytes: number;
  readonly entries: number;
  readonly chunks: number;
  readonly entryPages: readonly Uint8Array[];
  readonly hashPages: readonly Uint8Array[];
  /** Written over what is true. */
  readonly claims?: Partial<Record<RootField, bigint>>;
};

export type LyingManifest = {
  readonly id: ContentId;
  readonly root: Uint8Array;
  readonly pages: readonly Uint8Array[];
  readonly file: Uint8Array;
};

export function lyingManifest({ kind = 'directory', claims = {}, ...lie }: Lie): LyingManifest {
  const pages = [...lie.entryPages, ...lie.hashPages];
  const counts = {
    kind,
    chunkBytes: 256 * 1024,
    bytes: 0,
    entries: 0,
    chunks: 0,
    entryPages: 0,
    hashPages: 0,
  };
  const root = Buffer.from(encodeRoot(counts, pages, blake3Of));
  const said: Record<RootField, bigint> = {
    chunkSizeLog: 18n,
    bytes: BigInt(lie.bytes),
    entries: BigInt(lie.entries),
    chunks: BigInt(lie.chunks),
    entryPages: BigInt(lie.entryPages.length),
    hashPages: BigInt(lie.hashPages.length),
    ...claims,
  };
  for (const [name, { at, bytes }] of Object.entries(ROOT_FIELDS)) {
    const number = BigInt.asUintN(8 * bytes, said[name as RootField]);
    root.write(number.toString(16).padStart(2 * bytes, '0'), at, 'hex');
  }
  const file = Buffer.concat([root, ...pages]);
  return { id: contentIdOf(root, blake3Of), root, pages, file };
}
