import { Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { RowRoom } from '#src/domain/catalogue/row-room.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Link } from '#src/domain/peers/links-state.js';
import { type LineEvent, LineReader } from '#src/io/mesh/line-reader.js';
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
