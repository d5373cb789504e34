/** How a stream over datagrams ended, and who is told. */
import type { ResetCode } from './packet.js';

/** `gone`: no answer in spite of so many tries; `reset` is the other end's doing, `aborted` our own. */
export type Ended =
  | { readonly type: 'complete' }
  | { readonly type: 'gone'; readonly tries: number; readonly tryingUs: number }
  | { readonly type: 'reset'; readonly code: ResetCode }
  | { readonly type: 'aborted' };

/** Who is told what happens. */
export type ConnectionOwner = {
  /** The next bytes of the stream; they may be kept. */
  delivered(bytes: Uint8Array): void;
  /** The other end has written all. */
  finished(): void;
  /** Once: nothing more is delivered, and nothing that is written arrives. */
  ended(how: Ended): void;
};
