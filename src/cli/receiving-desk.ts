/** Where files that are offered over the bare transport are decided on, and what happens is put in words. */
import { basename } from 'node:path';
import { printable } from '#src/domain/printable.js';
import type { FileReceiving, ReceivingEvent } from '#src/peer/file-transfer.js';
import { shortId, sizeText } from './amounts.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { address } from './sentence.js';
import { outcomeText, packetsText } from './udp-options.js';
import type { Shown } from './udp-run.js';
import type { Asker } from './yes-no.js';

type Offered = Extract<ReceivingEvent, { type: 'offered' }>;

/** What the other end is told as our name, and for whom all is shown. */
export type DeskOptions = { readonly name: string; readonly isJson: boolean };

export class ReceivingDesk {
  readonly #receiving: Pick<FileReceiving, 'send' | 'stop'>;
  readonly #asker: Asker | undefined;
  readonly #streams: Pick<ProcessStreams, 'stdout' | 'stderr'>;
  readonly #name: string;
  readonly #isJson: boolean;
  /** The file that progress is about. */
  #label = '';
  #isAnybodyThere = true;

  /** @param asker without one everything is wanted. */
  constructor(
    receiving: Pick<FileReceiving, 'send' | 'stop'>,
    asker: Asker | undefined,
    streams: Pick<ProcessStreams, 'stdout' | 'stderr'>,
    { name, isJson }: DeskOptions,
  ) {
    this.#receiving = receiving;
    this.#asker = asker;
    this.#streams = streams;
    this.#name = name;
    this.#isJson = isJson;
  }

  shown(said: ReceivingEvent): Shown {
    switch (said.type) {
      case 'listening':
        return { text: listeningText(said, this.#name) };
      case 'offered':
        this.#label = said.file;
        void this.#decide(said);
        return { text: `${offerText(said)}${this.#asker === undefined ? '' : ' Take it? (y/n)'}` };
      case 'refused':
        return this.#refused(said.file);
      case 'progress':
        return { progress: { label: this.#label, ...said } };
      case 'received':
        return { text: receivedText(said), code: 0 };
      case 'failed':
        this.#asker?.withdraw();
        return { complaint: `${failedText(said)}; waiting on` };
      default:
        return said satisfies never;
    }
  }

  async #decide({ offer }: Offered): Promise<void> {
    const answer = (await this.#asker?.ask(() => this.#sayUnclear())) ?? 'yes';
    if (answer === 'nobody') this.#noteNobody();
    this.#receiving.send({ type: 'decide', offer, isWanted: answer === 'yes' });
  }

  #sayUnclear(): void {
    if (!this.#isJson) this.#streams.stdout.write('Please type y or n, and Enter.\n');
  }

  #noteNobody(): void {
    this.#isAnybodyThere = false;
    const why = 'input has ended, so nobody can say yes: --yes takes a file unasked';
    complain(this.#streams.stderr, new Error(why));
  }

  #refused(file: string): Shown {
    const text = `Refused ${printable(file)}.`;
    if (this.#isAnybodyThere) return { text: `${text} Waiting on.` };
    this.#receiving.stop();
    return { text, code: 1 };
  }
}

function who({ name, peerId, host }: Pick<Offered, 'name' | 'peerId' | 'host'>): string {
  return `${printable(name)} (${shortId(peerId)}) at ${host}`;
}

function listeningText(
  listening: Extract<ReceivingEvent, { type: 'listening' }>,
  name: string,
): string {
  const { host, port, peerId, leftovers } = listening;
  const notes = leftovers.map(
    (path) =>
      `Note: ${printable(path)} holds a part of a file: remove it if no udp-receive runs on that port.\n`,
  );
  const own = `${printable(name)} (${shortId(peerId)})`;
  return `${notes.join('')}Waiting for a file on UDP ${address(host, port)} as ${own}; Ctrl-C ends.`;
}

function failedText(failed: Extract<ReceivingEvent, { type: 'failed' }>): string {
  if (failed.code === 'cancelled') return `${who(failed)} stopped sending`;
  return `nothing taken from ${who(failed)}: ${failed.message}`;
}

function offerText(offered: Offered): string {
  return `${who(offered)} wants to send ${printable(offered.file)}, ${sizeText(offered.bytes)}.`;
}

function receivedText(said: Extract<ReceivingEvent, { type: 'received' }>): string {
  const path = printable(said.path);
  const packets = said.traffic === undefined ? '' : `\n${packetsText(said.traffic)}`;
  return `Got ${basename(path)}: ${outcomeText(said)}\n  ${path}${packets}`;
}
