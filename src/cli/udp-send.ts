/** `p2p udp-send FILE HOST:PORT`: one file over the bare transport, to watch it work. */
import { basename } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { parseHostPort } from '#src/domain/host-port.js';
import { printable } from '#src/domain/printable.js';
import { type SendingEvent, startFileSender } from '#src/peer/file-transfer.js';
import { rateText, shortId, sizeText } from './amounts.js';
import { exitCodeOf } from './exit-code.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { typedPath } from './typed-path.js';
import { lossShareOf, ownName, packetsText, type UdpOptions } from './udp-options.js';
import { runTransfer } from './udp-run.js';

export type UdpSendOptions = UdpOptions & { readonly file: string; readonly to: string };

/** Never rejects. @returns 0 once the other end has it whole, 1 if it has not, 130 if it was stopped. */
export async function udpSend(options: UdpSendOptions, streams: ProcessStreams): Promise<number> {
  try {
    const to = parseHostPort(options.to);
    if (to === undefined) {
      throw new P2pError('usage', `${options.to} is no address: write HOST:PORT`);
    }
    const path = typedPath(options.file, streams);
    const sending = await startFileSender(path, to, {
      data: options.data,
      name: ownName(),
      lossShare: lossShareOf(options.loss),
    });
    const began = performance.now();
    return await runTransfer(sending, streams, options.json, (said) => {
      const progress = said.type === 'progress' ? { ...said, label: basename(path) } : undefined;
      return { ...judged(said), progress, text: sentenceOf(said, path, performance.now() - began) };
    });
  } catch (error) {
    complain(streams.stderr, error);
    return exitCodeOf(error);
  }
}

function judged(said: SendingEvent) {
  if (said.type === 'sent') return { code: 0 };
  return said.type === 'failed' ? { code: 1, error: said.error } : {};
}

function sentenceOf(said: SendingEvent, path: string, ms: number): string | undefined {
  const file = printable(basename(path));
  switch (said.type) {
    case 'connected':
      return `Connected to ${printable(said.name)} (${shortId(said.peerId)}), who is asked whether to take ${file}.`;
    case 'sent': {
      const rate = rateText((said.bytes / ms) * 1000);
      const took = `${(ms / 1000).toFixed(1)} s, waiting for the answer included`;
      return `${file}, ${sizeText(said.bytes)}, arrived whole: ${rate}, ${took}.\n${packetsText(said.traffic)}.`;
    }
    default:
      return undefined;
  }
}
