import type { CommandLine } from '#src/cli/command-line.js';
import { typedPath } from '#src/cli/typed-path.js';
import type { DownloadOptions } from '#src/peer/api.js';
import type { DownloadFailure } from '#src/peer/events.js';
import { type Command, type Context, withRef } from './command.js';

/** These have been told as `download-failed`; anything else could not even begin. */
const TOLD: Readonly<Record<DownloadFailure, true>> = {
  'not-found': true,
  ambiguous: true,
  'no-sources': true,
  'timed-out': true,
  'disk-full': true,
  denied: true,
  'too-large': true,
  withdrawn: true,
  cancelled: true,
  io: true,
};

export const download: Command = {
  name: 'download',
  usage: 'download NAME|ID [--from PEER] [--to PATH]',
  about: 'fetch it from all who have a piece; 4 digits of an id do',
  options: ['--from', '--to'],
  subject: 'required',
  async run(line, context) {
    try {
      await context.peer.download(line.subject ?? '', optionsOf(line, context));
      return 'done';
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (typeof code === 'string' && Object.hasOwn(TOLD, code)) return 'failed';
      throw error;
    }
  },
};

function optionsOf({ options, ref }: CommandLine, context: Context): DownloadOptions {
  const from = options.get('--from');
  const to = options.get('--to');
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to: typedPath(to, context) }),
    ...withRef(ref),
  };
}
