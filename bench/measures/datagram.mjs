/** Streams over datagrams, all that is measured of them. Each part can be asked for alone. */
import { measureDatagramDownload } from './datagram-download.mjs';
import { measureDatagramLink } from './datagram-link.mjs';
import { measureDatagramLoopback } from './datagram-loopback.mjs';
import { measureDatagramMemory } from './datagram-memory.mjs';

/** By what they are asked for. */
export const DATAGRAM_PARTS = {
  'datagram-loopback': measureDatagramLoopback,
  'datagram-link': measureDatagramLink,
  'datagram-download': measureDatagramDownload,
  'datagram-memory': measureDatagramMemory,
};

/** @param {import('../main.mjs').Context} context */
export async function measureDatagram(context) {
  const found = { figures: [], samples: {}, notes: [] };
  for (const [name, measurePart] of Object.entries(DATAGRAM_PARTS)) {
    const { figures, samples, notes = [] } = await measurePart(context);
    found.figures.push(...figures);
    found.samples[name] = samples;
    found.notes.push(...notes);
  }
  return found;
}
