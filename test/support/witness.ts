/** Remembers what was said, in order, and lets a test wait for what it expects to hear. */

/** On an idle machine everything here takes well under a second; a shared one gets many times that. */
const PATIENCE_MS = 20_000;

type Said = { readonly type: string };

/** The events of one type. */
type Typed<T extends Said, K extends T['type']> = Extract<T, { readonly type: K }>;

type Waiting<T> = (said: T) => boolean;

type Until<T> = {
  /** Where to begin in `all`; what was said before does not count. */
  readonly from?: number;
  readonly withinMs?: number;
  readonly where?: (said: T) => boolean;
};

export type Witness<T extends Said> = {
  readonly all: readonly T[];
  hear(said: T): void;
  /** Nothing more will come: whoever still waits is told so. */
  end(why: string): void;
  /** The first of this type that fits, said already or still to come. Rejects with what was heard instead. */
  until<K extends T['type']>(type: K, options?: Until<Typed<T, K>>): Promise<Typed<T, K>>;
  /** All of one type so far. */
  of<K extends T['type']>(type: K): readonly Typed<T, K>[];
};

export function createWitness<T extends Said>(who: string): Witness<T> {
  const all: T[] = [];
  const waiting = new Set<Waiting<T>>();
  const abandon = new Set<(why: string) => void>();
  let over: string | undefined;

  function until<K extends T['type']>(
    type: K,
    { from = 0, withinMs = PATIENCE_MS, where = () => true }: Until<Typed<T, K>> = {},
  ): Promise<Typed<T, K>> {
    const fits = (said: T): said is Typed<T, K> => said.type === type && where(said as Typed<T, K>);
    const found = all.slice(from).find(fits);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const give = (why: string) => reject(new Error(`${who}: no ${type} ${why}; ${lately(all)}`));
      if (over !== undefined) return give(over);
      const timer = setTimeout(() => settle(() => give(`within ${withinMs} ms`)), withinMs);
      const hear: Waiting<T> = (said) => {
        if (!fits(said)) return false;
        settle(() => resolve(said));
        return true;
      };
      const stop = (why: string) => settle(() => give(why));
      function settle(then: () => void): void {
        clearTimeout(timer);
        waiting.delete(hear);
        abandon.delete(stop);
        then();
      }
      waiting.add(hear);
      abandon.add(stop);
    });
  }
  return {
    all,
    until,
    hear(said) {
      all.push(said);
      for (const hear of waiting) hear(said);
    },
    end(why) {
      over = why;
      for (const stop of abandon) stop(why);
    },
    of: <K extends T['type']>(type: K) =>
      all.filter((said): said is Typed<T, K> => said.type === type),
  };
}

/** The last things said, for the message of a test that waited in vain. */
function lately(all: readonly Said[]): string {
  const last = all.slice(-12).map((said) => JSON.stringify(said).slice(0, 300));
  return `heard last:\n  ${last.join('\n  ')}`;
}
