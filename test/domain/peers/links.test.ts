import { describe, expect, it } from 'vitest';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { DialTarget } from '#src/domain/peers/link-news.js';
import { LINK_TIMES, step } from '#src/domain/peers/links.js';
import {
  type Link,
  type LinkEvent,
  type LinksState,
  linkOf,
  noLinks,
} from '#src/domain/peers/links-state.js';

const ALICE = 'alice' as PeerId;
const BOB = 'bob' as PeerId;
const CAROL = 'carol' as PeerId;
const FIRST = '01' as Instance;
const SECOND = '02' as Instance;
const at: DialTarget = { host: '10.0.0.2', port: 27460 };
const error = { code: 'unreachable', message: 'nothing listens there' };

function link(id: number, peerId: PeerId, dialled: boolean, more: Partial<Link> = {}): Link {
  return { id, peerId, dialled, instance: FIRST, host: '10.0.0.2', port: 27460, ...more };
}

/** Runs events a millisecond apart, or at the time given. @returns what each led to, in short. */
function run(self: PeerId, events: readonly (LinkEvent | number)[], refused: PeerId[] = []) {
  let state: LinksState = noLinks(self, refused, Number.POSITIVE_INFINITY, []);
  let now = 0;
  const said: string[] = [];
  for (const event of events) {
    if (typeof event === 'number') {
      now = event;
      continue;
    }
    now += 1;
    const next = step(state, event, now, 0);
    state = next.state;
    said.push(next.effects.map(brief).join(' '));
  }
  return { state, said };
}

function brief(effect: ReturnType<typeof step>['effects'][number]): string {
  switch (effect.type) {
    case 'connect':
      return 'connect';
    case 'tell-failed':
      return `failed:${effect.error.code}`;
    case 'tell-reached':
      return `reached:${effect.peerId}`;
    case 'tell-down':
      return `down:${effect.peerId}:${effect.reason}`;
    case 'await-place':
      return `await:${effect.peerId}`;
    default:
      return `${effect.type}:${effect.link.id}`;
  }
}

const opened = (one: Link, target?: DialTarget): LinkEvent => ({
  type: 'opened',
  link: one,
  ...(target && { target }),
});
const ended = (one: Link, goodbye = false): LinkEvent => ({ type: 'ended', link: one, goodbye });
const dial = (target: DialTarget): LinkEvent => ({ type: 'dial', target });

const dialled = link(1, BOB, true);
const accepted = link(2, BOB, false);

const cases: readonly {
  readonly title: string;
  readonly self: PeerId;
  readonly events: readonly (LinkEvent | number)[];
  readonly said: readonly string[];
}[] = [
  {
    title: 'dials, tells the link, and tells how it ended',
    self: ALICE,
    events: [dial(at), opened(dialled, at), ended(dialled, true)],
    said: ['connect', 'tell-up:1 adopt:1', 'down:bob:stopped'],
  },
  {
    title: 'calls a link lost that ends without a goodbye',
    self: ALICE,
    events: [opened(accepted), ended(accepted)],
    said: ['tell-up:2 adopt:2', 'down:bob:lost'],
  },
  {
    title: 'tells a failed dial, and dials again when asked',
    self: ALICE,
    events: [dial(at), { type: 'dial-failed', target: at, error }, dial(at)],
    said: ['connect', 'failed:unreachable', 'connect'],
  },
  {
    title: 'does not dial a target twice at once, nor one that is linked',
    self: ALICE,
    events: [
      dial(at),
      dial({ ...at }),
      dial({ ...at, expect: BOB }),
      opened(dialled, at),
      dial(at),
    ],
    said: ['connect', '', '', 'tell-up:1 adopt:1', 'reached:bob'],
  },
  {
    title: 'does not dial a peer it is linked to at another address',
    self: ALICE,
    events: [opened(accepted), dial({ host: '10.9.9.9', port: 1, expect: BOB })],
    said: ['tell-up:2 adopt:2', 'reached:bob'],
  },
  {
    title: 'dials one address for each of two peers expected there',
    self: ALICE,
    events: [dial({ ...at, expect: BOB }), dial({ ...at, expect: CAROL })],
    said: ['connect', 'connect'],
  },
  {
    title: 'refuses to dial itself, known beforehand or found out',
    self: ALICE,
    events: [dial({ ...at, expect: ALICE }), dial(at), opened(link(3, ALICE, true), at)],
    said: ['failed:self', 'connect', 'close:3 failed:self'],
  },
  {
    title: 'tells who dialled a linked peer by another address whom it reached',
    self: ALICE,
    events: [opened(dialled), 100_000, opened(link(3, BOB, true), { host: 'bob.local', port: 1 })],
    said: ['tell-up:1 adopt:1', 'drop:3 reached:bob'],
  },
  {
    title: 'as the smaller id keeps the link it dialled, whichever came first',
    self: ALICE,
    events: [opened(dialled), opened(accepted), ended(accepted)],
    said: ['tell-up:1 adopt:1', 'drop:2', ''],
  },
  {
    title: 'as the smaller id changes to the link it dialled without telling',
    self: ALICE,
    events: [opened(accepted), opened(dialled), ended(accepted), ended(dialled)],
    said: ['tell-up:2 adopt:2', 'drop:2 adopt:1', '', 'down:bob:lost'],
  },
  {
    title: 'as the larger id holds the link it dialled until the other drops it',
    self: CAROL,
    events: [opened(dialled), opened(accepted), ended(dialled), ended(accepted, true)],
    said: ['tell-up:1 adopt:1', 'hold:1 adopt:2', '', 'down:bob:stopped'],
  },
  {
    title: 'as the larger id goes back to a held link when the other decided so',
    self: CAROL,
    events: [opened(accepted), opened(dialled), ended(accepted), ended(dialled)],
    said: ['tell-up:2 adopt:2', 'hold:1', 'adopt:1', 'down:bob:lost'],
  },
  {
    title: 'takes a peer for lost whose links both broke off while they were being settled',
    self: CAROL,
    events: [opened(accepted), opened(dialled), ended(dialled), ended(accepted)],
    said: ['tell-up:2 adopt:2', 'hold:1', '', 'down:bob:lost'],
  },
  {
    title: 'believes a goodbye whatever is held, for its end may be unread',
    self: CAROL,
    events: [opened(accepted), opened(dialled), ended(accepted, true), ended(dialled)],
    said: ['tell-up:2 adopt:2', 'hold:1', 'drop:1 down:bob:stopped', ''],
  },
  {
    title: 'drops a link that was held for nothing',
    self: CAROL,
    events: [opened(accepted), opened(dialled), { type: 'hold-expired', link: dialled }],
    said: ['tell-up:2 adopt:2', 'hold:1', 'drop:1'],
  },
  {
    title: 'lets a held link be when it has become the current one',
    self: CAROL,
    events: [
      opened(accepted),
      opened(dialled),
      ended(accepted),
      { type: 'hold-expired', link: dialled },
    ],
    said: ['tell-up:2 adopt:2', 'hold:1', 'adopt:1', ''],
  },
  {
    title: 'believes a peer that dials long after, for it has lost the link',
    self: ALICE,
    events: [opened(dialled), LINK_TIMES.tieMs + 10, opened(accepted)],
    said: ['tell-up:1 adopt:1', 'drop:1 adopt:2'],
  },
  {
    title: 'replaces the links of an earlier start of a peer',
    self: ALICE,
    events: [opened(dialled), opened({ ...accepted, instance: SECOND }), ended(dialled)],
    said: ['tell-up:1 adopt:1', 'close:1 down:bob:replaced tell-up:2 adopt:2', ''],
  },
  {
    title: 'closes the link of a peer that becomes refused, and takes none of it',
    self: ALICE,
    events: [
      opened(dialled),
      { type: 'refuse', peers: [BOB] },
      opened(accepted),
      dial({ ...at, expect: BOB }),
      { type: 'refuse', peers: [] },
      opened(accepted),
    ],
    said: [
      'tell-up:1 adopt:1',
      'close:1 down:bob:blocked',
      'close:2',
      'failed:blocked',
      '',
      'tell-up:2 adopt:2',
    ],
  },
  {
    title: 'closes every connection of a peer when told to, with the reason it was given',
    self: CAROL,
    events: [
      opened(dialled),
      opened(accepted),
      { type: 'close', peerId: BOB, reason: 'stopped' },
      { type: 'close', peerId: BOB, reason: 'stopped' },
    ],
    said: ['tell-up:1 adopt:1', 'hold:1 adopt:2', 'close:2 close:1 down:bob:stopped', ''],
  },
  {
    title: 'says nothing when it stops, and lets nobody in any more',
    self: ALICE,
    events: [opened(dialled), { type: 'stop' }, opened(accepted), ended(dialled)],
    said: ['tell-up:1 adopt:1', 'close:1', 'close:2', ''],
  },
];

describe('the rules of links', () => {
  it.each(cases)('$title', ({ self, events, said }) => {
    expect(run(self, events).said).toEqual(said);
  });

  it('bounds the dials at once', () => {
    const many = Array.from({ length: 257 }, (_, port) => dial({ host: 'x', port }));
    expect(run(ALICE, many).said.filter((each) => each !== 'connect')).toEqual(['failed:limit']);
  });

  it('knows by which link a peer is reached', () => {
    const { state } = run(ALICE, [opened(accepted), opened(dialled)]);
    expect(linkOf(state, BOB)).toBe(dialled);
    expect(linkOf(state, CAROL)).toBeUndefined();
  });
});
