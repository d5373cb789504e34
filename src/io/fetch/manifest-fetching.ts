/** The manifest of a content being fetched from one source: its root, then its pages, some asked for ahead. */

import type { Manifest } from '#src/domain/content/manifest.js';
import { ManifestArrival } from '#src/domain/content/manifest-arrival.js';
import type { Form } from '#src/domain/content/manifest-root.js';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { blake3Of } from '#src/io/content/blake3.js';
import type { Message } from '#src/wire/message.js';

/** Pages asked for at a time. */
const PAGES_AT_ONCE = 4;

export type ManifestFetched =
  | { readonly type: 'manifest'; readonly manifest: Manifest }
  /** One that contradicts its own proof, or holds a path that escapes: `hostile`. */
  | { readonly type: 'wrong-manifest'; readonly error: ErrorRecord };

export class ManifestFetching {
  readonly #id: ContentId;
  readonly #send: (message: Message) => void;
  readonly #say: (fetched: ManifestFetched) => void;
  readonly #form: Form;
  #arrival: ManifestArrival | undefined;
  #askedPages = 0;

  constructor(
    id: ContentId,
    send: (message: Message) => void,
    say: (fetched: ManifestFetched) => void,
    form: Form,
  ) {
    this.#form = form;
    this.#id = id;
    this.#send = send;
    this.#say = say;
  }

  /** Asked once more while it is on its way, it is not begun anew. @param like as for `parseManifest`. */
  ask(like?: Manifest): void {
    if (this.#arrival !== undefined) return;
    this.#arrival = new ManifestArrival(this.#id, blake3Of, this.#form, like);
    this.#askedPages = 0;
    this.#send({ type: 'get-root', id: this.#id });
  }

  /** What contradicts its own proof is told; a newer format is no lie. @throws P2pError `version` */
  take(message: Extract<Message, { type: 'root' | 'page' }>): void {
    const arrival = this.#arrival;
    if (arrival === undefined) return;
    try {
      if (message.type === 'root') arrival.takeRoot(message.bytes);
      else arrival.takePage(message.bytes);
      this.#goOn(arrival);
    } catch (cause) {
      const error = toRecord(cause);
      if (error.code !== 'protocol' && error.code !== 'hostile') throw cause;
      this.#arrival = undefined;
      this.#say({ type: 'wrong-manifest', error });
    }
  }

  #goOn(arrival: ManifestArrival): void {
    if (arrival.pages === undefined) return;
    while (this.#askedPages < Math.min(arrival.pages, arrival.nextPage + PAGES_AT_ONCE)) {
      this.#send({ type: 'get-page', id: this.#id, page: this.#askedPages });
      this.#askedPages += 1;
    }
    if (!arrival.isWhole) return;
    const manifest = arrival.finish();
    this.#arrival = undefined;
    this.#say({ type: 'manifest', manifest });
  }
}
