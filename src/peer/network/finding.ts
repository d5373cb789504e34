/** Who has something: here, among those who are linked, and, by asking everybody, beyond them. */
import type { Observable } from 'rxjs';
import type { ContentId } from '#src/domain/ids.js';
import type { FindRow, FindSource, ListRow } from '#src/peer/rows.js';
import type { Library } from '#src/peer/shares/library.js';
import { listRows } from '#src/peer/shares/listing.js';
import { meant } from './naming.js';
import type { Neighbours } from './neighbours.js';
import type { Answered, Queries } from './queries.js';

export type Finder = {
  readonly library: Library;
  readonly neighbours: Pick<Neighbours, 'directory' | 'isRefused' | 'reach' | 'strangers'>;
  readonly queries: Pick<Queries, 'ask'>;
};

/** Asks everybody who has what a word means. Errors with P2pError `limit`. */
export function holdersOf(
  word: string,
  { queries, neighbours }: Pick<Finder, 'neighbours' | 'queries'>,
  onAsked: () => void = () => undefined,
): Observable<Answered> {
  const { strangers } = neighbours;
  // Whoever has nothing says nothing: when all have answered is not known.
  return queries.ask({ about: 'content', word }, { strangers, isWhole: () => false, onAsked });
}

/** What is here first, then by how many have it; who is blocked or banned has nothing. @throws P2pError `limit` */
export async function findContents(word: string, finder: Finder): Promise<readonly FindRow[]> {
  const { library, neighbours } = finder;
  const heard: Answered[] = [];
  await holdersOf(word, finder).forEach((answered) => void heard.push(answered));
  // Only now, so that catalogues which came and peers that were blocked meanwhile count as well.
  const answers = heard.filter(({ from }) => !neighbours.isRefused(from.peerId));
  const rows = new Map<string, Omit<ListRow, 'sources'>>();
  for (const row of listRows(library, neighbours.directory, '')) rows.set(keyOf(row), row);
  for (const row of answers.flatMap(rowsOf)) {
    if (!rows.has(keyOf(row))) rows.set(keyOf(row), { ...row, have: 0, path: null });
  }
  return meant(word, [...rows.values()])
    .map(({ name, id, bytes, chunks, have, path }) => {
      const sources = sourcesOf(id, answers, finder);
      return { name, id, bytes, chunks, have, path, sources };
    })
    .toSorted((one, other) => rank(other) - rank(one));
}

/** Those whose catalogue is known, then those who answered; each once. */
function sourcesOf(
  id: ContentId,
  answers: readonly Answered[],
  { neighbours }: Finder,
): readonly FindSource[] {
  const { directory } = neighbours;
  const linked = [...directory.holders(id)].filter(([peer]) => directory.isSource(peer, id));
  const known = linked.map(([peerId, have]) => {
    return { peerId, name: neighbours.reach(peerId)?.name ?? '', have, linked: true };
  });
  const others = answers.flatMap(({ from: { peerId, name }, answer }) => {
    const row = rowsOf({ answer }).find((one) => one.id === id);
    const isKnown = known.some((one) => one.peerId === peerId);
    return row === undefined || isKnown ? [] : [{ peerId, name, have: row.have, linked: false }];
  });
  return [...known, ...others];
}

function rowsOf({ answer }: Pick<Answered, 'answer'>) {
  return answer.about === 'content' ? answer.rows : [];
}

function keyOf({ id, name }: { readonly id: ContentId; readonly name: string }): string {
  return `${id}${name}`;
}

function rank({ path, sources }: FindRow): number {
  return path === null ? sources.length : Number.POSITIVE_INFINITY;
}
