/** What the user sees of transfers and does with them: each answered by rows. */
import type { Answer, ReceiptRow } from '#src/cli/answer.js';
import type { CommandLine } from '#src/cli/command-line.js';
import { P2pError } from '#src/domain/errors.js';
import { isPriority } from '#src/domain/send/transfer.js';
import type { WhichTransfers } from '#src/peer/api.js';
import type { SendRow } from '#src/peer/rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { answered, type Command, type Context, withRef } from './command.js';

type How = Extract<Answer, { type: 'transfers-changed' }>['how'];

export const transfers: Command = {
  name: 'transfers',
  usage: 'transfers [NAME|ID] [--all] [--receipts]',
  about:
    'what is fetched and sent, paused, unfinished or over lately; of one, which files did not come; all there are; or who has signed for what you sent',
  options: ['--all', '--receipts'],
  subject: 'optional',
  async run({ subject, options, ref }, { peer, output }) {
    if (options.has('--receipts')) {
      await answered(peer.sends(), (sends) => {
        output.tell({ type: 'receipts', receipts: receiptsOf(sends), ...withRef(ref) });
      });
      return 'done';
    }
    const rows = await peer.transfers(subject);
    const isAll = subject !== undefined || options.has('--all');
    const all = isAll ? ({ all: true } as const) : {};
    output.tell({ type: 'transfers', transfers: rows, ...all, ...withRef(ref) });
    return 'done';
  },
};

/** Oldest first. */
function receiptsOf(sends: readonly SendRow[]): readonly ReceiptRow[] {
  return sends.flatMap(({ offerId, name, completes, id, bytes, recipients }) => {
    const what = { offerId, name, ...(completes && { completes }), id, bytes };
    return recipients.flatMap(({ peerId, name: by, at, receipt }) =>
      receipt === undefined ? [] : [{ ...what, peerId, by, at, receipt }],
    );
  });
}

export const pause = ofSeveral(
  'pause',
  'paused',
  'ask nobody for it, or give nobody any of it, until `resume`, restarts included',
);
export const resume = ofSeveral('resume', 'resumed', 'go on with it, also where it had failed');

export const cancel: Command = {
  name: 'cancel',
  usage: 'cancel NAME|ID',
  about: 'forget a download and throw away what arrived, or take an offer back',
  subject: 'required',
  async run(line, context) {
    const row = await context.peer.cancel(line.subject ?? '');
    return told([row], 'cancelled', line, context);
  },
};

export const priority: Command = {
  name: 'priority',
  usage: 'priority NAME|ID high|normal|low',
  about: 'what is fetched or sent first; it stays so',
  subject: 'required',
  async run(line, context) {
    const level = line.words.at(-1)?.toLowerCase();
    const name = line.words.slice(0, -1).join(' ');
    if (!isPriority(level) || name === '') {
      throw new P2pError('usage', `usage: ${priority.usage}`);
    }
    return told([await context.peer.prioritize(name, level)], 'prioritized', line, context);
  },
};

function ofSeveral(name: 'pause' | 'resume', how: How, about: string): Command {
  const usage = `${name} NAME|ID|--all`;
  return {
    name,
    usage,
    about,
    options: ['--all'],
    subject: 'optional',
    async run(line, context) {
      return told(await context.peer[name](whichOf(line, usage)), how, line, context);
    },
  };
}

function whichOf({ subject, options }: CommandLine, usage: string): WhichTransfers {
  const isAll = options.has('--all');
  if ((subject === undefined) !== isAll) throw new P2pError('usage', `usage: ${usage}`);
  return subject ?? { all: true };
}

function told(
  rows: readonly TransferRow[],
  how: How,
  { ref }: CommandLine,
  { output }: Context,
): 'done' {
  output.tell({ type: 'transfers-changed', how, transfers: rows, ...withRef(ref) });
  return 'done';
}
