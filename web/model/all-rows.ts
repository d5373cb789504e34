/** Reads a list of the peer, which comes in parts. */
import type { Page } from '#src/api/operation.js';
import type { AnswerTo, Ask } from '#web/api/answers.js';

type ListId = 'listPeers' | 'listShares' | 'listTransfers' | 'listOffers';
type RowOf<Id extends ListId> = AnswerTo<Id>['items'][number];

/** All of it, in as many parts as it takes. @param first what is here of it already. Rejects as `ask` does. */
export async function allRows<Id extends ListId>(
  ask: Ask,
  id: Id,
  first?: Page<RowOf<Id>>,
): Promise<readonly RowOf<Id>[]> {
  const rows = [...(first?.items ?? [])];
  let total = first?.total ?? Number.POSITIVE_INFINITY;
  while (rows.length < total) {
    const page = (await ask(id, { offset: rows.length } as never)) as Page<RowOf<Id>>;
    rows.push(...page.items);
    total = page.items.length === 0 ? 0 : page.total;
  }
  return rows;
}
