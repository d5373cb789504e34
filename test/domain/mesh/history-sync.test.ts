import { describe, expect, it } from 'vitest';
import { type HistorySend, HistorySync } from '#src/domain/mesh/history-sync.js';
import { KeptMessages } from '#src/domain/mesh/kept-messages.js';
import { idOf } from '#test/support/mesh-contacts.js';

const AUTHOR = idOf(50);

/** Has these messages of one author; each is so many bytes. */
function made(sequences: readonly number[], bytes = 10) {
  const kept = new KeptMessages();
  for (const sequence of sequences) {
    const place = { author: AUTHOR, epoch: 1, sequence, sentAt: sequence };
    kept.add(place, new Uint8Array(bytes).fill(sequence));
  }
  return { kept, history: new HistorySync({ kept, random: () => 0.5, now: 0 }) };
}

/** What one says to the other, until both are silent. @returns the messages that each was given. */
function talk(one: HistorySync, other: HistorySync): readonly (readonly number[])[] {
  const given: number[][] = [[], []];
  const ends = [one, other];
  const mail: [number, HistorySend][] = [
    ...one.neighbourUp(idOf(1), 0).map((each): [number, HistorySend] => [1, each]),
    ...other.neighbourUp(idOf(0), 0).map((each): [number, HistorySend] => [0, each]),
  ];
  for (const [to, { message }] of mail) {
    if (message.type === 'missed')
      given[to]?.push(...message.payloads.map(([first]) => first ?? 0));
    else {
      const answers = ends[to]?.receive(idOf(1 - to), message, 0) ?? [];
      mail.push(...answers.map((each): [number, HistorySend] => [1 - to, each]));
    }
    expect(mail.length).toBeLessThan(20);
  }
  return given;
}

describe('history', () => {
  it('gives each of two who become neighbours what only the other has', () => {
    const given = talk(made([1, 2, 3]).history, made([3, 4]).history);
    expect(given.map((each) => [...new Set(each)])).toEqual([[4], [1, 2]]);
  });

  it('is silent after one word between two who have the same', () => {
    expect(talk(made([1, 2]).history, made([1, 2]).history)).toEqual([[], []]);
  });

  it('asks one neighbour now and then whether anything is missing, and answers only where it is', () => {
    const { history } = made([1, 2]);
    expect(history.tick(history.dueAt)).toEqual([]);
    history.neighbourUp(idOf(1), 0);
    const [digest] = history.tick(history.dueAt);
    if (digest?.message.type !== 'digest') throw new Error('it did not ask');
    expect(made([2, 1]).history.receive(idOf(1), digest.message, 0)).toEqual([]);
    expect(made([1]).history.receive(idOf(1), digest.message, 0)).toMatchObject([
      { message: { type: 'summary', isAnswer: false } },
    ]);
  });

  it('asks nobody who is a neighbour no more', () => {
    const { history } = made([1]);
    history.neighbourUp(idOf(1), 0);
    history.neighbourDown(idOf(1));
    expect(history.tick(history.dueAt)).toEqual([]);
  });

  it('gives pages of 48 KiB, sixteen at once, however much is missing', () => {
    const all = Array.from({ length: 2000 }, (_, at) => at + 1);
    const { history } = made(all, 4096);
    const pages = history.receive(idOf(1), { type: 'summary', rows: [], isAnswer: true }, 0);
    expect(pages).toHaveLength(16);
    for (const { message } of pages) {
      expect(message.type === 'missed' && message.payloads.length).toBe(12);
    }
  });

  it('gives nothing for rows that claim more than there is', () => {
    const runs = [{ from: 1, to: 2 ** 50 }];
    const { history } = made([1, 2]);
    const rows = [{ author: AUTHOR, epoch: 1, runs }];
    expect(history.receive(idOf(1), { type: 'summary', rows, isAnswer: true }, 0)).toEqual([]);
  });

  it('is silent between two who have told each other all, of 3,000 authors too', () => {
    const [one, other] = [made([]), made([])];
    for (let author = 0; author < 3000; author += 1) {
      const place = { author: idOf(author), epoch: 1, sequence: 1, sentAt: author };
      const payload = Buffer.alloc(200);
      payload.writeUInt32BE(author);
      if (author % 3 !== 0) one.kept.add(place, payload);
      if (author % 3 !== 1) other.kept.add(place, payload);
    }
    const ends = [one, other];
    let now = 0;
    for (let round = 0; round < 10; round += 1, now += 20_000) {
      const mail: [number, HistorySend][] = [
        ...one.history.neighbourUp(idOf(1), 0).map((each): [number, HistorySend] => [1, each]),
        ...other.history.neighbourUp(idOf(0), 0).map((each): [number, HistorySend] => [0, each]),
      ];
      for (const [to, { message }] of mail) {
        const end = ends[to];
        if (message.type !== 'missed') {
          const answers = end?.history.receive(idOf(1 - to), message, now) ?? [];
          mail.push(...answers.map((each): [number, HistorySend] => [1 - to, each]));
          continue;
        }
        for (const payload of message.payloads) {
          const author = Buffer.from(payload).readUInt32BE();
          const place = { author: idOf(author), epoch: 1, sequence: 1, sentAt: author };
          end?.kept.add(place, payload);
        }
      }
    }
    const [digest] = one.history.tick(one.history.dueAt);
    if (digest?.message.type !== 'digest') throw new Error('it did not ask');
    expect(other.history.receive(idOf(0), digest.message, now)).toEqual([]);
    expect(other.kept.rows.slice(0, 900)).toEqual(one.kept.rows.slice(0, 900));
  });

  it('answers a neighbour who asks without end 16 times a minute at most', () => {
    const { history } = made([1, 2, 3]);
    let answers = 0;
    for (let now = 0; now < 60_000; now += 10) {
      const summary = { type: 'summary', rows: [], isAnswer: true } as const;
      answers += history.receive(idOf(1), { type: 'digest', digest: now }, now).length;
      answers += history.receive(idOf(1), summary, now).length;
    }
    expect(answers).toBe(16);
  });

  it('is taken of a neighbour that was told of what is here a minute ago at most, 2,000 messages of it', () => {
    const { history } = made([1]);
    const taken = (from: number, now: number, count: number) =>
      Array.from({ length: count }, () => history.takesMissed(idOf(from), now)).filter(Boolean)
        .length;
    expect(taken(1, 0, 1)).toBe(0);
    history.neighbourUp(idOf(1), 0);
    expect(taken(1, 60_001, 1)).toBe(0);
    expect(taken(1, 0, 3000)).toBe(2000);
    expect(taken(1, 60_000, 3000)).toBe(2000);
    // Coming anew does not begin the count anew, and strangers who ask for an answer bring nothing.
    history.neighbourDown(idOf(1));
    expect(taken(1, 60_000, 1)).toBe(0);
    history.neighbourUp(idOf(1), 60_000);
    expect(taken(1, 60_000, 1)).toBe(0);
    history.receive(idOf(2), { type: 'digest', digest: 7 }, 60_000);
    expect(taken(2, 60_000, 1)).toBe(0);
  });
});
