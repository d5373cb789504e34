/** `p2p udp-receive PORT`: takes one file over the bare transport, once it was said that it is wanted. */
import { isIP } from 'node:net';
import { basename } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT } from '#src/domain/host-port.js';
import { printable } from '#src/domain/printable.js';
import {
  type FileReceiving,
  type ReceivingEvent,
  startFileReceiver,
} from '#src/peer/file-transfer.js';
import { shortId, sizeText } from './amounts.js';
import { exitCodeOf } from './exit-code.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { address } from './sentence.js';
import { typedPath } from './typed-path.js';
import {
  outcomeText,
  ownName,
  packetsText,
  transferOptionsOf,
  type UdpOptions,
} from './udp-options.js';
import { runTransfer, type Shown } from './udp-run.js';
import { type Asker, createAsker } from './yes-no.js';

export type UdpReceiveOptions = UdpOptions & {
  readonly port: string;
  readonly to: string;
  readonly host: string;
  /** Whether everything is wanted, without asking. */
  readonly yes: boolean;
};

type Offered = Extract<ReceivingEvent, { type: 'offered' }>;

/** Never rejects. @returns 0 once a file lies in its place, 1 if none ever can, 130 if it was stopped before. */
export async function udpReceive(
  options: UdpReceiveOptions,
  streams: ProcessStreams,
): Promise<number> {
  try {
    const at = { host: addressIn(options.host), port: portIn(options.port) };
    const receiving = await startFileReceiver(
      typedPath(options.to, streams),
      at,
      transferOptionsOf(options),
    );
    const asker = options.yes ? undefined : createAsker(streams.stdin);
    const desk = createDesk(receiving, asker, streams, options.json);
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

/** Has what is offered decided, and remembers what the next events are about. */
function createDesk(
  receiving: FileReceiving,
  asker: Asker | undefined,
  { stderr, stdout }: ProcessStreams,
  isJson: boolean,
) {
  let label = '';
  let isAnybodyThere = true;

  async function decide({ offer }: Offered): Promise<void> {
    const unclear = () => {
      if (!isJson) stdout.write('Please type y or n, and Enter.\n');
    };
    const answer = (await asker?.ask(unclear)) ?? 'yes';
    if (answer === 'nobody') {
      isAnybodyThere = false;
      complain(
        stderr,
        new Error('input has ended, so nobody can say yes: --yes takes a file unasked'),
      );
    }
    receiving.send({ type: 'decide', offer, isWanted: answer === 'yes' });
  }

  function refused(file: string): Shown {
    const text = `Refused ${printable(file)}.`;
    if (isAnybodyThere) return { text: `${text} Waiting on.` };
    receiving.stop();
    return { text, code: 1 };
  }

  function shown(said: ReceivingEvent): Shown {
    switch (said.type) {
      case 'listening':
        return { text: listeningText(said) };
      case 'offered':
        label = said.file;
        void decide(said);
        return { text: `${offerText(said)}${asker === undefined ? '' : ' Take it? (y/n)'}` };
      case 'refused':
        return refused(said.file);
      case 'progress':
        return { progress: { label, ...said } };
      case 'received':
        return { text: receivedText(said), code: 0 };
      case 'failed':
        asker?.withdraw();
        return { complaint: `nothing taken from ${who(said)}: ${said.message}; waiting on` };
      default:
        return said satisfies never;
    }
  }

  return { shown };
}

function who({ name, peerId, host }: Pick<Offered, 'name' | 'peerId' | 'host'>): string {
  return `${printable(name)} (${shortId(peerId)}) at ${host}`;
}

function listeningText({ host, port, peerId }: Extract<ReceivingEvent, { type: 'listening' }>) {
  const own = `${printable(ownName())} (${shortId(peerId)})`;
  return `Waiting for a file on UDP ${address(host, port)} as ${own}; Ctrl-C ends.`;
}

function offerText(offered: Offered): string {
  return `${who(offered)} wants to send ${printable(offered.file)}, ${sizeText(offered.bytes)}.`;
}

function receivedText(said: Extract<ReceivingEvent, { type: 'received' }>): string {
  const path = printable(said.path);
  const packets = said.traffic === undefined ? '' : `\n${packetsText(said.traffic)}`;
  return `Got ${basename(path)}: ${outcomeText(said)}\n  ${path}${packets}`;
}
