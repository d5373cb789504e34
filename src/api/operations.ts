/**
 * Everything that can be asked of a running peer from outside of its process, once: the routes of the web actor, the
 * OpenAPI document, `p2p ctl` and the page follow from this table.
 */

import { offerOperations } from './offer-operations.js';
import type { InputOf, Operation } from './operation.js';
import { peerOperations } from './peer-operations.js';
import { selfOperations } from './self-operations.js';
import { shareOperations } from './share-operations.js';
import { talkOperations } from './talk-operations.js';
import { transferOperations } from './transfer-operations.js';
import { uploadOperations } from './upload-operations.js';

export const operations = {
  ...selfOperations,
  ...peerOperations,
  ...shareOperations,
  ...transferOperations,
  ...offerOperations,
  ...talkOperations,
  ...uploadOperations,
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof operations;

export type OperationInput<Id extends OperationId> = InputOf<(typeof operations)[Id]>;
