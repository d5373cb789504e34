/** What the web actor answers by itself, about what is asked of it. */
import { fields, type Operation, optionalFlag } from './operation.js';

/** What a brief stream of events leaves out: as many as chunks come, where `transfer` tells the same each second. */
export const NOT_IN_BRIEF: ReadonlySet<string> = new Set(['download-progress']);

export const webOperations = {
  hearEvents: {
    method: 'GET',
    path: '/events',
    about:
      'what happens from now on, one JSON object a line, as `--json` has them; `missed` says how many did not fit, an empty line that the peer is there; after `bye` it is not',
    commands: [],
    input: fields({
      brief: optionalFlag('without `download-progress`, and gathered ten times a second'),
      overview: optionalFlag(
        'with a line `overview`, which has the fields of `GET /overview`: what is not in it is told before or after it',
      ),
    }),
    isBytes: true,
  },
  getDocument: {
    method: 'GET',
    path: '/openapi.json',
    about: 'this document',
    commands: ['help'],
    input: fields({}),
  },
} as const satisfies Readonly<Record<string, Operation>>;
