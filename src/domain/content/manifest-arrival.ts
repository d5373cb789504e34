/**
 * A manifest on its way in: the root proves itself against the content id, then each page against the root,
 * before anything is kept. Memory grows with what is proven, never with what is claimed.
 */
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Hash } from './hash.js';
import { type Manifest, parseManifest } from './manifest.js';
import { type Form, isPage, pageCount, pageLimit, parseRoot, type Root } from './manifest-root.js';

export class ManifestArrival {
  readonly #id: ContentId;
  readonly #hash: Hash;
  readonly #form: Form;
  readonly #like: Manifest | undefined;
  #root: Root | undefined;
  readonly #pages: Uint8Array[] = [];

  /** @param like as for `parseManifest`. */
  constructor(id: ContentId, hash: Hash, form: Form = 'manifest', like?: Manifest) {
    this.#like = like;
    this.#form = form;
    this.#id = id;
    this.#hash = hash;
  }

  /** How many pages follow; undefined until the root is here. */
  get pages(): number | undefined {
    return this.#root === undefined ? undefined : pageCount(this.#root);
  }

  /** The page that is due next. */
  get nextPage(): number {
    return this.#pages.length;
  }

  /** The most bytes that the root and its pages have; 0 until the root is here. */
  get mostBytes(): number {
    const root = this.#root;
    if (root === undefined) return 0;
    let bytes = root.raw.length;
    for (let page = 0; page < pageCount(root); page += 1) bytes += pageLimit(root, page);
    return bytes;
  }

  get isWhole(): boolean {
    return this.pages === this.#pages.length;
  }

  /** @throws P2pError `protocol` unless it is the root of the content. */
  takeRoot(bytes: Uint8Array): void {
    if (this.#root !== undefined) throw new P2pError('protocol', 'a second root');
    this.#root = parseRoot(bytes, this.#id, this.#hash, this.#form);
  }

  /** Takes the next page. @throws P2pError `protocol` unless the root proves it. */
  takePage(bytes: Uint8Array): void {
    if (this.#root === undefined || this.isWhole) throw new P2pError('protocol', 'a page too many');
    if (!isPage(this.#root, this.#pages.length, bytes, this.#hash)) {
      throw new P2pError('protocol', 'a page of a manifest that is not what its root says');
    }
    this.#pages.push(bytes);
  }

  /** @returns the manifest, all of it checked. @throws P2pError `protocol`, `hostile` */
  finish(): Manifest {
    if (this.#root === undefined || !this.isWhole)
      throw new P2pError('protocol', 'a page is missing');
    const file = Buffer.concat([this.#root.raw, ...this.#pages]);
    return parseManifest(file, this.#id, this.#hash, this.#form, this.#like);
  }
}
