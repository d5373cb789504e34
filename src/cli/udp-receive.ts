/** `p2p udp-receive PORT`: takes one file over the bare transport, once it was said that it is wanted. */
import { isIP } from 'node:net';
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT } from '#src/domain/host-port.js';
import { startFileReceiver } from '#src/peer/file-transfer.js';
import { exitCodeOf } from './exit-code.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { ReceivingDesk } from './receiving-desk.js';
import { typedPath } from './typed-path.js';
import { transferOptionsOf, type UdpOptions } from './udp-options.js';
import { runTransfer } from './udp-run.js';
import { StdinAsker } from './yes-no.js';

export type UdpReceiveOptions = UdpOptions & {
  readonly port: string;
  readonly to: string;
  readonly host: string;
  /** Whether everything is wanted, without asking. */
  readonly yes: boolean;
};

/** Never rejects. @returns 0 once a file lies in its place, 1 if none ever can, 130 if it was stopped before. */
export async function udpReceive(
  options: UdpReceiveOptions,
  streams: ProcessStreams,
): Promise<number> {
  try {
    const at = { host: addressIn(options.host), port: portIn(options.port) };
    const own = transferOptionsOf(options, streams);
    const receiving = await startFileReceiver(typedPath(options.to, streams), at, own);
    const asker = options.yes ? undefined : new StdinAsker(streams.stdin);
    const desk = new ReceivingDesk(receiving, asker, streams, {
      name: own.name,
      isJson: options.json,
    });
    try {
      return await runTransfer(receiving, streams, options.json, (said) => desk.shown(said));
    } finally {
      asker?.end();
    }
  } catch (error) {
    complain(streams.stderr, error);
    return exitCodeOf(error);
  }
}

function portIn(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= LAST_PORT) return port;
  throw new P2pError('usage', `${text} is no port: write a number from 1 to ${LAST_PORT}`);
}

function addressIn(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new P2pError('usage', `--host takes an IP address, not ${text}`);
}
