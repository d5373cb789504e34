import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import { isLimitKind, LIMIT_KINDS, type LimitKind } from '#src/domain/rates/limit-schedule.js';
import { LEAST_RATE, parseRate } from '#src/domain/rates/rate.js';
import { answered, type Command, withRef } from './command.js';

/** Both ways, where none is named. */
const BOTH: readonly LimitKind[] = ['upload', 'download'];

export const limit: Command = {
  name: 'limit',
  usage: 'limit [KIND] [RATE|off|auto]',
  about: 'how fast, as 2MB/s: upload, download, peer, background',
  subject: 'optional',
  async run({ words, ref }, { peer, output }) {
    const [first, ...rest] = words;
    const named = first?.toLowerCase();
    const kinds = isLimitKind(named) ? [named] : BOTH;
    const typed = isLimitKind(named) ? rest : words;
    const [rate, ...more] = typed;
    if (more.length > 0 || (rate === undefined && words.length > 0)) {
      const kinds = `KIND is one of ${LIMIT_KINDS.join(', ')}`;
      throw new P2pError('usage', `usage: ${limit.usage}, ${kinds}`);
    }
    const wanted = rate === undefined ? undefined : rateOf(rate);
    const set = wanted === undefined ? [] : kinds.map((kind) => peer.limit(kind, wanted));
    if (set.some((one) => one instanceof Promise)) await Promise.all(set);
    await answered(peer.status(), ({ limits }) => {
      output.tell({ type: 'limits', limits, ...withRef(ref) });
    });
    return 'done';
  },
};

function rateOf(typed: string): number | null | 'auto' {
  if (typed === 'auto') return typed;
  const rate = parseRate(typed);
  if (rate !== undefined) return rate;
  throw new P2pError(
    'usage',
    `${printable(typed)} is not a rate: say 20MB/s, 500kB/s or 1.5MiB/s, ${LEAST_RATE} B/s at least, or off`,
  );
}
