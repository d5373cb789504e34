/** What packets say, and how much room saying it takes; how it is written is `wire/packet.ts`. */

/** In front of every packet. */
export const HEADER_BYTES = 20;
/** Around the data of a packet. */
export const ENVELOPE_BYTES = 12;
/** A data packet is larger than its data by so much. */
export const DATA_OVERHEAD = HEADER_BYTES + ENVELOPE_BYTES;

/** A ping or a last word: the header and a number of six bytes, and one that says what is meant. */
export const SMALL_BYTES = HEADER_BYTES + 7;

/** Runs of numbers in one acknowledgement: at a loss of one in five the last 300 packets. */
export const ACK_RUNS = 64;

/** Why an end breaks a connection off, by its number on the wire. */
export const RESET = { aborted: 1, unknown: 2, refused: 3, protocol: 4 } as const;
export type ResetCode = (typeof RESET)[keyof typeof RESET];

/** An acknowledgement as it arrived; the record and its lists may be used again. */
export type Acknowledgement = {
  /** For how long the newest packet waited for it. */
  delayUs: number;
  /** The other end takes bytes of the stream below this place. */
  credit: number;
  /** Runs of numbers that arrived, `[start, end)`, the newest first: the first `runs` of each list. */
  runs: number;
  readonly starts: number[];
  readonly ends: number[];
};

/** What each end tells the other before anything else. */
export type Terms = {
  /** The connection's number in what is sent to this end. */
  readonly id: number;
  /** Bytes of the stream it takes before any are read. */
  readonly credit: number;
  /** The largest datagram its interface carries, in bytes of payload. */
  readonly datagramLimit: number;
  /** What its socket holds before anybody reads it, in bytes. */
  readonly socketBytes: number;
};

/** The first word of whoever dials; `token` once it was given one. */
export type Syn = Terms & { readonly token: Uint8Array };

/** The answer: come again with this token, which shows that you are where you say; or a connection. */
export type SynAck =
  | { readonly type: 'come-again'; readonly token: Uint8Array }
  | ({ readonly type: 'accepted'; readonly resetToken: Uint8Array } & Terms);

/** Whoever knows it may break the connection off: both ends, and nobody who only guesses addresses. */
export const RESET_TOKEN_BYTES = 16;

/** A token may not be longer. */
export const MOST_TOKEN_BYTES = 64;
