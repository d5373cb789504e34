/** `p2p udp-send FILE HOST:PORT`: one file over the bare transport, to watch it work. */
import { basename } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT, parseHostPort } from '#src/domain/host-port.js';
import { printable } from '#src/domain/printable.js';
import { type SendingEvent, startFileSender } from '#src/peer/file-transfer.js';
import { shortId, sizeText } from './amounts.js';
import { exitCodeOf } from './exit-code.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { typedPath } from './typed-path.js';
import { outcomeText, packetsText, transferOptionsOf, type UdpOptions } from './udp-options.js';
import { runTransfer, type Shown } from './udp-run.js';

export type UdpSendOptions = UdpOptions & { readonly file: string; readonly to: string };

/** Never rejects. @returns 0 once the other end has it whole, 1 if it has not, 130 if it was stopped. */
export async function udpSend(options: UdpSendOptions, streams: ProcessStreams): Promise<number> {
  try {
    const to = parseHostPort(options.to, LAST_PORT);
    if (to === undefined) {
      throw new P2pError(
        'usage',
        `${options.to} is no address: write HOST:PORT, the port from 1 to 65535, or [ADDRESS]:PORT for IPv6`,
      );
    }
    const path = typedPath(options.file, streams);
    const sending = await startFileSender(path, to, transferOptionsOf(options, streams));
    const file = printable(basename(path));
    if (!options.json) streams.stdout.write(`Calling ${printable(options.to)} ...\n`);
    return await runTransfer(sending, streams, options.json, (said) => shown(said, file));
  } catch (error) {
    complain(streams.stderr, error);
    return exitCodeOf(error);
  }
}

function shown(said: SendingEvent, file: string): Shown {
  switch (said.type) {
    case 'offered': {
      const who = `${printable(said.name)} (${shortId(said.peerId)})`;
      return { text: `Asking ${who} to take ${file}, ${sizeText(said.bytes)}.` };
    }
    case 'accepted':
      return { text: 'It is wanted.' };
    case 'progress':
      return { progress: { label: file, ...said } };
    case 'sent':
      return { text: `Sent ${file}: ${outcomeText(said)}\n${packetsText(said.traffic)}`, code: 0 };
    case 'failed':
      return { complaint: `${file} was not sent: ${said.message}`, code: 1 };
    default:
      return said satisfies never;
  }
}
