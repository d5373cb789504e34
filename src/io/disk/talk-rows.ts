/** What rows of the database look like that hold what was said. */

/** A message to all: as its author signed it, in base64, and what is shown of it. */
export type MessageRecord = {
  readonly payload: string;
  readonly id: string;
  readonly from: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly name: string;
  readonly text: string;
  readonly sentAt: number;
};

/** A private message, by whoever said it; `after` is the last message to all that was here before it. */
export type PrivateRecord = MessageRecord & {
  readonly to: string;
  readonly state: PrivateState;
  readonly after: number;
};

/** What became of ours; all others were received. */
export type PrivateState = 'received' | 'waiting' | 'sent' | 'delivered' | 'failed';

/** Which messages of one author's epoch were here: `1-5 7-9`, each run without its end. */
export type AuthorRecord = {
  readonly author: string;
  readonly epoch: number;
  readonly runs: string;
  /** When the newest of his was said. */
  readonly at: number;
};

/** How far our own messages are counted. */
export type CountRecord = { readonly epoch: number; readonly sequence: number };

/** Of authors whose rows were removed: when the last of them spoke. */
export type HorizonRecord = { readonly at: number };
