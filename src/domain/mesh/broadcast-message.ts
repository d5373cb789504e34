/** What neighbours say to each other to bring a message to everybody (Plumtree). */

/** Follows from the message itself, so that nobody takes the name of another one: 32 hexadecimal characters. */
export type MessageId = string & { readonly __brand: 'MessageId' };

/** A message that somebody has. `round`: over how many links it came to him. */
export type Announced = { readonly id: MessageId; readonly round: number };

export type BroadcastMessage =
  /** The message itself. `round`: over how many links it has come, this one included. */
  | {
      readonly type: 'gossip';
      readonly id: MessageId;
      readonly round: number;
      readonly payload: Uint8Array;
    }
  /** These can be asked for. */
  | { readonly type: 'have'; readonly messages: readonly Announced[] }
  /** Send me this one. */
  | { readonly type: 'want'; readonly id: MessageId }
  /** Send me this one, and from now on others as they come. */
  | { readonly type: 'graft'; readonly id: MessageId }
  /** From now on tell me only what you have. */
  | { readonly type: 'prune' };
