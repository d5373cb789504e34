/** What is told of downloads, as sentences. */
import { printable } from '#src/domain/printable.js';
import type { DownloadFailure, PeerEvent } from '#src/peer/events.js';
import { countText, rateText, sizeText } from './amounts.js';
import { candidateLines, namesakeLines } from './candidate-lines.js';

type Of<T extends PeerEvent['type']> = Extract<PeerEvent, { type: T }>;

type Names = { readonly called: (peerId: string) => string };

/** Whoever has just been met counts as a source a moment later. */
export function downloadStarted(event: Of<'download-started'>): string {
  const { name, bytes, sources, have, chunks } = event;
  const from = sources === 0 ? '' : ` from ${countText(sources, 'peer')}`;
  const here = have === 0 ? '' : `, ${have} of ${countText(chunks, 'chunk')} already here`;
  return `Fetching ${printable(name)}: ${sizeText(bytes)}${from}${here}`;
}

export function downloadWaiting({ name, reason }: Of<'download-waiting'>): string {
  return reason === 'slot'
    ? `${printable(name)} waits for a slot: as many transfers run as may`
    : `${printable(name)} waits for a peer that has what is missing`;
}

const WRONG = {
  unreachable: 'does not get through',
  crawling: 'brings next to nothing',
} as const;

export function sourceMoved(
  { name, peerId, transport, why }: Of<'source-moved'>,
  { called }: Names,
): string {
  const [now, before] = transport === 'udp' ? ['UDP', 'TCP'] : ['TCP', 'UDP'];
  const peer = printable(called(peerId));
  return `${printable(name)} comes from ${peer} over ${now} now: ${before} ${WRONG[why]}`;
}

export function downloadCompleted(event: Of<'download-completed'>, { called }: Names): string {
  const name = printable(event.name);
  const path = printable(event.path);
  if (event.alreadyHere === true) {
    const here = `${name} is already here: ${path}${notPut(event)}`;
    return `${here}${namesakeLines(event)}`;
  }
  const seconds = event.ms / 1000;
  const rate = seconds > 0 ? `, ${rateText(event.fetchedBytes / seconds)}` : '';
  const all = sizeText(event.bytes);
  const hereBytes = event.bytes - event.fetchedBytes;
  const here = hereBytes > 0 ? ` (${sizeText(hereBytes)} were here already)` : '';
  const size = hereBytes > 0 ? `${sizeText(event.fetchedBytes)} of ${all}` : all;
  const from = event.sources
    .map((source) => {
      const over = source.transport === 'udp' ? ' over UDP' : '';
      return `${source.chunks} from ${printable(called(source.peerId))}${over}`;
    })
    .join(', ');
  const chunks = from === '' ? '' : `\n  chunks: ${from}`;
  return `Got ${name}: ${size} in ${seconds.toFixed(1)} s${rate}${here}\n  ${path}${chunks}`;
}

function notPut({ notPutAt }: Of<'download-completed'>): string {
  return notPutAt === undefined
    ? ''
    : `\n  It was not put at ${printable(notPutAt)}: copy it there`;
}

/** Whose message says itself what was asked for: its name would stand there twice. */
const NAMING: ReadonlySet<string> = new Set<DownloadFailure>(['not-found', 'ambiguous']);

export function downloadFailed(event: Of<'download-failed'>): string {
  const name = NAMING.has(event.code) ? '' : `${printable(event.name)}: `;
  const kept = (event.have ?? 0) > 0 ? ` (${event.have} of ${event.chunks} chunks are kept)` : '';
  const what = `${name}${printable(event.message)}${kept}`;
  return `Not fetched: ${what}${candidateLines(event.candidates ?? [])}`;
}
