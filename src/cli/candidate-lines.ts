/** The contents that a name may mean, as lines below a sentence. */
import { printable } from '#src/domain/printable.js';
import type { Candidate } from '#src/peer/rows.js';
import { countText, shortId, sizeText } from './amounts.js';

/** @returns each in a line of its own, so that it can be copied as it stands. @param command what fetches one by its id */
export function candidateLines(candidates: readonly Candidate[], command = 'download'): string {
  const lines = candidates.map((one) => {
    const about = `${printable(one.name)}, ${sizeText(one.bytes)}, ${whereText(one)}`;
    return `\n  ${command} ${shortId(one.id)}   ${about}`;
  });
  return lines.join('');
}

function whereText({ here, peers }: Candidate): string {
  const others = `at ${countText(peers.length, 'peer')}`;
  if (here !== true) return others;
  return peers.length === 0 ? 'here' : `here and ${others}`;
}

type Named = { readonly name: string; readonly candidates?: readonly Candidate[] };

/** @returns below what is here already, how to get what others have under its name; nothing where they have the same. */
export function namesakeLines({ name, candidates = [] }: Named): string {
  if (candidates.length === 0) return '';
  const what = candidates.length === 1 ? 'a different one' : `${candidates.length} different ones`;
  return `\n  Others have ${what} called ${printable(name)}:${candidateLines(candidates)}`;
}
