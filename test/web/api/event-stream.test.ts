import { describe, expect, it } from 'vitest';
import type { Fetch } from '#web/api/client.js';
import { Lines, listen, type StreamEvent } from '#web/api/event-stream.js';

const MARK = { type: 'notice', code: 'é\u2028', message: '' };

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

  opened(): void {
    this.told.push('opened');
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
  return { told: listener.told, events: listener.events, pauses };
}

describe('the stream of events', () => {
  it('makes events of lines, however they are cut', () => {
    const lines = new Lines();
    const all = bytes(`\n${JSON.stringify(MARK)}\n\n${JSON.stringify(MARK)}\n`);
    const heard = [...all].flatMap((_, at) => lines.take(all.subarray(at, at + 1)));
    expect(heard).toEqual([MARK, MARK]);
  });

  it('is opened anew where it ended, and says so each time, as events were missed', async () => {
    const line = () => new Response(bytes(`${JSON.stringify(MARK)}\n`));
    const { told, events } = await followed(answering(line), 2);
    expect(told).toEqual(['opened', 'gone', 'opened', 'gone']);
    expect(events).toEqual([MARK, MARK]);
  });

  it('is ended and opened anew where a line of it is no event', async () => {
    const answers = answering(() => new Response(bytes('no event\n')));
    const signals: (AbortSignal | null | undefined)[] = [];
    const fetch: Fetch = (path, options) => {
      signals.push(options?.signal);
      return answers(path, options);
    };
    const { told } = await followed(fetch, 2);
    expect(told).toEqual(['opened', 'gone', 'opened', 'gone']);
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
