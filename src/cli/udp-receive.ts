/** `p2p udp-receive PORT`: takes one file over the bare transport, once it was said that it is wanted. */
import { createInterface } from 'node:readline';
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import {
  type FileReceiving,
  type ReceivingEvent,
  startFileReceiver,
} from '#src/peer/file-transfer.js';
import { shortId, sizeText } from './amounts.js';
import { exitCodeOf } from './exit-code.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { typedPath } from './typed-path.js';
import { lossShareOf, ownName, packetsText, type UdpOptions } from './udp-options.js';
import { runTransfer, type Shown } from './udp-run.js';

export type UdpReceiveOptions = UdpOptions & {
  readonly port: string;
  readonly to: string;
  readonly host: string;
  /** Whether everything is wanted, without asking. */
  readonly yes: boolean;
};

type Offered = Extract<ReceivingEvent, { type: 'offered' }>;

/** Never rejects. @returns 0 once a file lies in its place, 130 if it was stopped before. */
export async function udpReceive(
  options: UdpReceiveOptions,
  streams: ProcessStreams,
): Promise<number> {
  try {
    const at = { host: options.host, port: portIn(options.port) };
    const receiving = await startFileReceiver(typedPath(options.to, streams), at, {
      data: options.data,
      name: ownName(),
      lossShare: lossShareOf(options.loss),
    });
    const ask = createAsker(receiving, options.yes, streams);
    try {
      return await runTransfer(receiving, streams, options.json, (said) => {
        if (said.type === 'offered') ask.offered(said);
        // One file, as it was asked for.
        if (said.type === 'received') receiving.stop();
        return shown(said, options.yes);
      });
    } finally {
      ask.end();
    }
  } catch (error) {
    complain(streams.stderr, error);
    return exitCodeOf(error);
  }
}

function portIn(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new P2pError('usage', `${text} is no port: write a number from 1 to 65535`);
}

function shown(said: ReceivingEvent, isYes: boolean): Shown {
  switch (said.type) {
    case 'listening':
      return { text: `Waiting for a file on UDP port ${said.port}.` };
    case 'offered':
      return { text: `${offerText(said)}${isYes ? '' : ' Take it? (y/n)'}` };
    case 'progress':
      return { progress: { label: 'receiving', ...said } };
    case 'received': {
      const packets = said.traffic === undefined ? '' : `\n${packetsText(said.traffic)}.`;
      const text = `${sizeText(said.bytes)} arrived whole: ${printable(said.path)}${packets}`;
      return { text, code: 0 };
    }
    case 'failed':
      return { error: said.error };
    default:
      return said satisfies never;
  }
}

function offerText({ name, peerId, host, file, bytes }: Offered): string {
  const who = `${printable(name)} (${shortId(peerId)}) at ${host}`;
  return `${who} wants to send ${printable(file)}, ${sizeText(bytes)}.`;
}

/** Asks for one offer after the other; the end of input is a no. */
function createAsker(receiving: FileReceiving, isYes: boolean, { stdin }: ProcessStreams) {
  const waiting: Offered[] = [];
  let isOver = false;
  const decide = (offered: Offered | undefined, isWanted: boolean) => {
    if (offered === undefined) return;
    receiving.send({ type: 'decide', offer: offered.offer, isWanted });
  };
  const lines = isYes ? undefined : createInterface({ input: stdin });
  lines?.on('line', (line) => decide(waiting.shift(), /^y(es)?$/i.test(line.trim())));
  lines?.on('close', () => {
    isOver = true;
    for (const offered of waiting.splice(0)) decide(offered, false);
  });
  return {
    offered(offered: Offered): void {
      if (isYes) decide(offered, true);
      else if (isOver) decide(offered, false);
      else waiting.push(offered);
    },
    end: () => lines?.close(),
  };
}
