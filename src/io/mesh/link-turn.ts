/** What the keeper of links turns on, and what it tells. */

import type { MeshNews } from '#src/domain/mesh/said-news.js';
import type { DialTarget, LinkNews } from '#src/domain/peers/link-news.js';
import type { LinkEvent } from '#src/domain/peers/links-state.js';
import type { Session } from '#src/io/net/session.js';
import type { DirectNews } from './direct-judge.js';
import type { AnswerNews } from './errands.js';
import type { LineEvent, Told } from './line-reader.js';
import type { MeasuredNews, MeasureTurn } from './link-measures.js';
import type { MeshTurn } from './mesh-talk.js';

/** What became of links, of the mesh over them, and of what was said here alone, for whoever keeps them. */
export type LinkTold = Told | LinkNews | MeshNews | DirectNews | AnswerNews | MeasuredNews;

/** What the keeper turns on. Each goes through `take`, and so does what follows from it. */
export type LinkTurn =
  | LineEvent
  | MeshTurn
  | MeasureTurn
  | { readonly type: 'opened'; readonly session: Session; readonly target?: DialTarget }
  | { readonly type: 'told'; readonly told: LinkTold }
  /** Somebody without a link comes to answer. */
  | { readonly type: 'visited'; readonly session: Session }
  /** Every goodbye has left, or has had its time. */
  | { readonly type: 'flushed' };

/** The rules of links are to be asked. */
export function linkTurn(event: LinkEvent): LinkTurn {
  return { type: 'link', event };
}

/** Whoever keeps the links is to hear it. */
export function toldTurn(told: LinkTold): LinkTurn {
  return { type: 'told', told };
}
