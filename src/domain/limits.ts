/**
 * Every limit that more than one module enforces, in bytes and in count. A limit that one module owns stands
 * in that module. They can be configured downward only where the schema says so.
 */
export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

export const LIMITS = {
  /** One control frame's body: a page of a catalogue or of a have-map, never a bulk of anything. */
  controlFrameBytes: 64 * KiB,
  /** A manifest's root or one of its pages: 8,192 chunk hashes are 256 KiB; a root lists 32,768 pages at most. */
  manifestPageBytes: 1 * MiB,
  /** One frame of chunk bytes: short, so that pings and cancels never wait behind a chunk. */
  chunkFrameBytes: 256 * KiB,
  chunkBytes: 4 * MiB,
  /** Elements in one list or map of a control frame. */
  elements: 1024,
  nesting: 16,
  /** A manifest's bounds. */
  entries: 1_000_000,
  chunks: 2 ** 22,
  /** What one source may owe us at once, and all of them. */
  chunksInFlight: 64,
  bytesInFlightPerPeer: 16 * MiB,
  bytesInFlight: 64 * MiB,
  /** Rows of one peer's catalogue that we keep. */
  catalogueRows: 20_000,
  /** Rows of all catalogues: about 100 MiB in each of the two threads that know them. */
  catalogueRowsOfAll: 200_000,
  /** Names told by others: a peer's and a share's, in UTF-8 bytes. */
  peerNameBytes: 64,
  nameBytes: 255,
  /** One message's text: some pages; what is longer is a file. */
  messageTextBytes: 4 * KiB,
} as const;
