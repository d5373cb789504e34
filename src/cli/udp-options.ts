/** What `udp-send` and `udp-receive` have in common: flags, and the packets that were counted. */
import { defaultName, loadSettings } from '#config/load.js';
import type { Traffic } from '#src/domain/datagram/traffic.js';
import { P2pError } from '#src/domain/errors.js';
import type { FileTransferOptions } from '#src/peer/file-transfer.js';
import { rateText, sizeText } from './amounts.js';
import type { ProcessStreams } from './process-streams.js';

/** More would end every connection: half of what is sent gets through twice as slowly, this hardly at all. */
const MOST_LOSS = 0.9;

export type UdpOptions = {
  readonly data: string | undefined;
  readonly loss: string | undefined;
  readonly name: string | undefined;
  readonly json: boolean;
};

/** @throws P2pError `usage`, `config` */
export function transferOptionsOf(
  { data, loss, name }: UdpOptions,
  streams: Pick<ProcessStreams, 'env' | 'cwd'>,
): FileTransferOptions {
  const { name: shown, networkKey } = ownSettings(name, streams);
  return { data, name: shown, networkKey, lossShare: lossShareOf(loss) };
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

/**
 * What the other end is told, and the key of the network, from the environment: by the same rules as a peer's, and the
 * only settings that these commands have.
 * @throws P2pError `usage`, `config`
 */
export function ownSettings(
  given: string | undefined,
  { env, cwd }: Pick<ProcessStreams, 'env' | 'cwd'>,
): Pick<FileTransferOptions, 'name' | 'networkKey'> {
  const flags = given === undefined ? {} : { name: given };
  const { P2P_NAME, P2P_NETWORK_KEY, P2P_NETWORK_KEY_FILE } = env;
  const own = { P2P_NAME, P2P_NETWORK_KEY, P2P_NETWORK_KEY_FILE };
  const { name, network } = loadSettings({ file: undefined, flags, env: own, cwd });
  return { name: name ?? defaultName(), networkKey: network.key ?? undefined };
}

/** @returns how much came through in which time: from when it was wanted, as somebody may have thought for long. */
export function outcomeText(pace: {
  readonly bytes: number;
  readonly ms: number;
  readonly bytesPerSecond: number;
}): string {
  const took = `${sizeText(pace.bytes)} in ${(pace.ms / 1000).toFixed(1)} s`;
  return pace.bytes === 0 ? took : `${took}, ${rateText(pace.bytesPerSecond)}`;
}

/** @returns what became of the packets, in two lines. That an acknowledgement is lost nobody learns. */
export function packetsText(traffic: Traffic): string {
  const { packetsOut, packetsIn, again, lost, dropped, refusalsIn, refusalsOut, damaged } = traffic;
  const onPurpose = dropped === 0 ? '' : `, ${dropped} dropped on purpose`;
  const anew = `${again} ${again === 1 ? 'retransmission' : 'retransmissions'}`;
  return (
    `  packets: ${packetsOut} sent, acknowledgements too; of the others ${lost} lost, ${anew}; ` +
    `${packetsIn} received${onPurpose}\n` +
    `  damaged: ${damaged} arrived here; NAKs: ${refusalsIn} received, ${refusalsOut} sent`
  );
}
