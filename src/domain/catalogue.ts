import type { ContentId } from './ids.js';

/** One line of what a peer offers: a content under a name, and how much of it this peer holds. */
export type CatalogueRow = {
  readonly name: string;
  readonly id: ContentId;
  readonly bytes: number;
  readonly chunks: number;
  readonly have: number;
};
