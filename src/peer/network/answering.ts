/** Answers what others ask everybody: each over the link with the asker, or by a dial within the limits of those. */

import type { CatalogueRow } from '#src/domain/catalogue/catalogue.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Address } from '#src/domain/peers/peer-row.js';
import { AnswerDials } from '#src/domain/query/answer-dials.js';
import { type Answer, QUERY_LIMITS } from '#src/domain/query/query.js';
import type { Crew } from '#src/peer/crew.js';
import type { Home } from '#src/peer/home.js';
import type * as Mesh from '#workers/mesh.js';
import { AnswerTurns } from './answer-turns.js';
import type { LinkList } from './link-list.js';
import { meant } from './naming.js';

/** Whoever cannot be told in an answer of ours how long to take is not dialled by all at once. */
const LEAST_WITHIN_MS = 100;

export type AnsweringOptions = {
  readonly home: Pick<Home, 'self'>;
  readonly crew: Pick<Crew, 'send'>;
  readonly links: LinkList;
  /** What is offered here. */
  readonly catalogue: () => readonly CatalogueRow[];
  /** Where a peer was reached before. */
  readonly addressesOf: (peer: PeerId) => readonly Address[];
  /** Who gets no answer. */
  readonly isRefused: (peer: PeerId) => boolean;
};

type Heard = Extract<Mesh.Out, { type: 'query-heard' }>;

export class Answering {
  readonly #with: AnsweringOptions;
  readonly #dials = new AnswerDials();
  readonly #turns = new AnswerTurns();

  constructor(options: AnsweringOptions) {
    this.#with = options;
  }

  hear(heard: Heard): void {
    const { asker, query } = heard;
    const { home, links, isRefused } = this.#with;
    if (asker === home.self.peerId || isRefused(asker)) return;
    const answer = this.#answerTo(heard);
    if (answer === undefined) return;
    if (links.has(asker)) return this.#send(asker, [], answer);
    const waitMs = Math.random() * Math.max(LEAST_WITHIN_MS, query.withinMs);
    this.#turns.wait(asker, waitMs, () => this.#dial(heard, answer));
  }

  close(): void {
    this.#turns.close();
  }

  /** He may have been blocked or linked meanwhile. */
  #dial({ asker, query }: Heard, answer: Answer): void {
    const { links, addressesOf, isRefused } = this.#with;
    if (isRefused(asker)) return;
    if (links.has(asker)) return this.#send(asker, [], answer);
    const hosts = links.rows.map(({ host }) => host);
    const known = addressesOf(asker);
    const addresses = this.#dials.take(asker, query, known, hosts, performance.now());
    if (addresses.length > 0) this.#send(asker, addresses, answer);
  }

  #send(peerId: PeerId, addresses: readonly Address[], answer: Answer): void {
    this.#with.crew.send('mesh', { type: 'answer', peerId, addresses, answer });
  }

  #answerTo({ query }: Heard): Answer | undefined {
    const { home, links, catalogue } = this.#with;
    const { id, asked } = query;
    if (asked.about === 'topology') {
      const { name } = home.self;
      return { query: id, about: 'topology', name, load: links.neighbours, links: links.told };
    }
    const here = catalogue().filter(({ have, chunks }) => have > 0 || chunks === 0);
    const rows = meant(asked.word, here).slice(0, QUERY_LIMITS.rows);
    return rows.length === 0 ? undefined : { query: id, about: 'content', rows };
  }
}
