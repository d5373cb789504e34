import { describe, expect, it } from 'vitest';
import type { Overview } from '#web/api/answers.js';
import type { Fetch } from '#web/api/client.js';
import { Lines, listen, type StreamEvent } from '#web/api/event-stream.js';

const MARK = { type: 'notice', code: 'é\u2028', message: '' };

const lineOf = (event: object) => `${JSON.stringify(event)}\n`;
const BEGIN = lineOf({ type: 'overview', messages: ['said'] });

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Answers each attempt with the next of these, the last one for ever. */
function answering(...answers: readonly (() => Response | Promise<Response>)[]): Fetch {
  let at = -1;
  return async () => {
    at = Math.min(at + 1, answers.length - 1);
    return (answers[at] ?? (() => Response.error()))();
  };
}

/** Has a life of its own, as a session has. */
class Listener {
  readonly told: string[] = [];
  readonly events: StreamEvent[] = [];
  readonly begins: unknown[] = [];

  opened({ messages }: Overview): void {
    this.told.push('opened');
    this.begins.push(messages);
  }

  heard(events: readonly StreamEvent[]): void {
    this.events.push(...events);
  }

  lost(why: string): void {
    this.told.push(why);
  }
}

async function followed(fetch: Fetch, attempts: number) {
  const pauses: number[] = [];
  const stop = new AbortController();
  const listener = new Listener();
  const pause = async (ms: number) => {
    if (pauses.push(ms) === attempts) stop.abort();
  };
  await listen({ token: 'secret', fetch }, listener, stop.signal, pause);
  const { told, events, begins } = listener;
  return { told, events, begins, pauses };
}

describe('the stream of events', () => {
  it('makes events of lines, however they are cut', () => {
    const lines = new Lines();
    const all = bytes(`\n${JSON.stringify(MARK)}\n\n${JSON.stringify(MARK)}\n`);
    const heard = [...all].flatMap((_, at) => lines.take(all.subarray(at, at + 1)));
    expect(heard).toEqual([MARK, MARK]);
  });

  it('is opened anew where it ended, and says so each time, as events were missed', async () => {
    const line = () => new Response(bytes(BEGIN + lineOf(MARK)));
    const { told, events } = await followed(answering(line), 2);
    expect(told).toEqual(['opened', 'gone', 'opened', 'gone']);
    expect(events).toEqual([MARK, MARK]);
  });

  it('begins with how all was, whatever was told before that, and loses nothing of it', async () => {
    const late = lineOf(MARK) + BEGIN + lineOf({ ...MARK, code: 'after' });
    const { told, begins, events } = await followed(
      answering(() => new Response(bytes(late))),
      1,
    );
    expect([told, begins]).toEqual([['opened', 'gone'], [['said']]]);
    expect(events).toEqual([MARK, { ...MARK, code: 'after' }]);
    const never = await followed(
      answering(() => new Response(bytes(lineOf(MARK)))),
      1,
    );
    expect([never.told, never.events]).toEqual([['gone'], []]);
  });

  it('is ended and opened anew where a line of it is no event', async () => {
    const answers = answering(() => new Response(bytes('no event\n')));
    const signals: (AbortSignal | null | undefined)[] = [];
    const fetch: Fetch = (path, options) => {
      signals.push(options?.signal);
      return answers(path, options);
    };
    const { told } = await followed(fetch, 2);
    expect(told).toEqual(['gone', 'gone']);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  it('is tried less and less often where nobody answers', async () => {
    const refused = () => Promise.reject(new TypeError('failed to fetch'));
    const { told, pauses } = await followed(answering(refused), 7);
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    expect(new Set(told)).toEqual(new Set(['gone']));
  });

  it('is not tried again with a token that is not known', async () => {
    const denied = () => Response.json({ code: 'refused', message: 'old' }, { status: 401 });
    expect((await followed(answering(denied), 9)).told).toEqual(['refused']);
  });
});
