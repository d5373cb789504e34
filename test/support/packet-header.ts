/** Looks into a datagram. */
import { type Header, newHeader, readHeader } from '#src/wire/packet.js';

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** @returns its header; undefined for what is no packet. */
export function headerOf(datagram: Uint8Array): Header | undefined {
  const header = newHeader();
  return readHeader(datagram, viewOf(datagram), header) ? header : undefined;
}
