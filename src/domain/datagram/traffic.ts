/** What one connection sent and received, for people and tests: counts of packets, bytes of the stream. */
export type Traffic = {
  /** Bytes of data that left, those that left again among them. */
  bytesOut: number;
  /** Bytes of data that were taken, those that came again among them. */
  bytesIn: number;
  packetsOut: number;
  packetsIn: number;
  /** Data packets that left again. */
  again: number;
  /** Of those with a number: acknowledgements and refusals are not followed. */
  lost: number;
  /** Taken for lost, and arrived after all. */
  wronglyLost: number;
  /** Arrived with a sound header and damaged data. */
  damaged: number;
  /** Refusals of damaged packets that we sent, and that we got. */
  refusalsOut: number;
  refusalsIn: number;
  /** Arrived a second time. */
  duplicates: number;
  /** Dropped on purpose by its socket since it began, whosever they were: nobody reads what is dropped. */
  dropped: number;
  /** Could not be meant for us, or was beyond what we promised to take. */
  ignored: number;
};

export function newTraffic(): Traffic {
  return {
    bytesOut: 0,
    bytesIn: 0,
    packetsOut: 0,
    packetsIn: 0,
    again: 0,
    lost: 0,
    wronglyLost: 0,
    damaged: 0,
    refusalsOut: 0,
    refusalsIn: 0,
    duplicates: 0,
    dropped: 0,
    ignored: 0,
  };
}
