/** What `udp-send` and `udp-receive` have in common: flags, and the packets that were counted. */
import { hostname } from 'node:os';
import type { Traffic } from '#src/domain/datagram/traffic.js';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import type { FileTransferOptions } from '#src/peer/file-transfer.js';
import { rateText, sizeText } from './amounts.js';

/** More would end every connection: half of what is sent gets through twice as slowly, this hardly at all. */
const MOST_LOSS = 0.9;

export type UdpOptions = {
  readonly data: string | undefined;
  readonly loss: string | undefined;
  readonly json: boolean;
};

/** @throws P2pError `usage` */
export function transferOptionsOf({ data, loss }: UdpOptions): FileTransferOptions {
  return { data, name: ownName(), lossShare: lossShareOf(loss) };
}

/**
 * @param text per cent, as `20` or `0.5%`, or a share below 1, as `0.2`. @returns a share.
 * @throws P2pError `usage`
 */
export function lossShareOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, digits, sign] = /^(\d{1,2}(?:\.\d{1,6})?)(%?)$/.exec(text) ?? [];
  const given = digits === undefined ? Number.NaN : Number(digits);
  const share = sign === '' && given < 1 ? given : given / 100;
  if (share <= MOST_LOSS) return share;
  throw new P2pError(
    'usage',
    `--loss takes per cent from 0 to ${MOST_LOSS * 100}, as 20 or 0.5%, or a share, as 0.2; not ${text}`,
  );
}

/** What the other end is told: the host's name, cut to what a peer may be called. */
export function ownName(): string {
  let name = hostname();
  while (Buffer.byteLength(name) > LIMITS.peerNameBytes) name = name.slice(0, -1);
  return name === '' ? 'somebody' : name;
}

/** @returns how much came through in which time: from when it was wanted, as somebody may have thought for long. */
export function outcomeText(pace: {
  readonly bytes: number;
  readonly ms: number;
  readonly bytesPerSecond: number;
}): string {
  const seconds = (pace.ms / 1000).toFixed(1);
  return `${sizeText(pace.bytes)} in ${seconds} s, ${rateText(pace.bytesPerSecond)}`;
}

/** @returns what became of the packets, in two lines. */
export function packetsText(traffic: Traffic): string {
  const { packetsOut, packetsIn, again, lost, dropped, refusalsIn, refusalsOut, damaged } = traffic;
  const onPurpose = dropped === 0 ? '' : `, ${dropped} dropped on purpose`;
  const anew = `${again} ${again === 1 ? 'retransmission' : 'retransmissions'}`;
  return (
    `  packets: ${packetsOut} sent, ${lost} of them lost, ${anew}; ` +
    `${packetsIn} received${onPurpose}\n` +
    `  damaged: ${damaged} arrived here; NAKs: ${refusalsIn} received, ${refusalsOut} sent`
  );
}
