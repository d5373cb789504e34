import { Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { RowRoom } from '#src/domain/catalogue/row-room.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Link } from '#src/domain/peers/links-state.js';
import { type LineEvent, LineReader, newAudience } from '#src/io/mesh/line-reader.js';
import { PageGate } from '#src/io/mesh/page-gate.js';
import type { Received } from '#src/io/net/delivery.js';
import type { Session } from '#src/io/net/session.js';
import type { Message } from '#src/wire/message.js';

const link: Link = {
  id: 1,
  peerId: 'anna' as PeerId,
  instance: '01' as Instance,
  dialled: true,
  host: '10.0.0.1',
  port: 27_460,
};

const prune: Message = { type: 'mesh', message: { type: 'prune' } };
const page: Message = { type: 'offer', fresh: true, complete: true, changed: [], removed: [] };

/** Two links of one peer, as they are while it is not known which of them stays. */
function twoLinks() {
  const audience = newAudience('posix');
  const heard: string[] = [];
  const links = [1, 2].map((id) => {
    const received = new Subject<Received>();
    const session = {
      received,
      peer: { name: 'anna' },
      pause: () => undefined,
      resume: () => undefined,
      destroy: (why: Error) => received.error(why),
    };
    const reader = new LineReader({ ...link, id }, session as unknown as Session, audience);
    reader.read().subscribe((event) => heard.push(`${id} ${wordOf(event)}`));
    return { reader, say: (message: Message) => received.next({ message, request: 0 }) };
  });
  return { links, heard };
}

function wordOf(event: LineEvent): string {
  if (event.type === 'told') return event.told.type;
  return event.type === 'link' ? event.event.type : event.type;
}

/** A link of which one page passes, and no more. */
function oneThatIsPaced() {
  const received = new Subject<Received>();
  const session = { received, pause: () => undefined, resume: () => undefined };
  const gate = new PageGate({ ofLink: 1, ofAll: 1, untaken: 1, tickMs: 60_000 });
  const audience = { platform: 'posix', gate, room: new RowRoom(), voices: new Map() } as const;
  const heard: LineEvent['type'][] = [];
  const reader = new LineReader(link, session as unknown as Session, audience);
  const reading = reader.read().subscribe(({ type }) => heard.push(type));
  const say = (message: Message) => received.next({ message, request: 0 });
  return { say, heard, end: () => reading.unsubscribe() };
}

it('hears the mesh however many pages of catalogues wait for the host', () => {
  const { say, heard, end } = oneThatIsPaced();
  say(page);
  for (let count = 0; count < 100; count += 1) say(prune);
  expect(heard).toEqual(['told', ...Array.from({ length: 100 }, () => 'mesh-heard')]);
  say(page);
  expect(heard).toHaveLength(101);
  end();
});

it('ends a link that its peer left for another one since lost, and blames nobody', () => {
  const { links, heard } = twoLinks();
  const [first, second] = links;
  first?.say(page);
  first?.reader.hold();
  second?.say(page);
  second?.reader.forget();
  first?.reader.readOn();
  expect(heard).toEqual(['1 offered', '2 offered', '1 ended']);
});

it('goes on with a link that was held where nothing was told on another', () => {
  const { links, heard } = twoLinks();
  const [first] = links;
  first?.say(page);
  first?.reader.hold();
  first?.reader.readOn();
  first?.say(page);
  expect(heard).toEqual(['1 offered', '1 offered']);
});
