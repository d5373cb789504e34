import { describe, expect, it } from 'vitest';
import { type HistorySend, HistorySync } from '#src/domain/mesh/history-sync.js';
import { Reception } from '#src/domain/mesh/reception.js';
import { idOf } from '#test/support/mesh-contacts.js';

const AUTHOR = idOf(50);

/** Has these messages of one author; each is so many bytes. */
function made(sequences: readonly number[], bytes = 10) {
  const reception = new Reception();
  for (const sequence of sequences) reception.accept({ author: AUTHOR, epoch: 1, sequence });
  const history = new HistorySync({
    reception,
    *kept(rows) {
      for (const { from, to } of rows.flatMap(({ runs }) => runs)) {
        for (let sequence = from; sequence < to; sequence += 1) {
          yield new Uint8Array(bytes).fill(sequence);
        }
      }
    },
    random: () => 0.5,
    now: 0,
  });
  return { reception, history };
}

/** What one says to the other, until both are silent. @returns the messages that each was given. */
function talk(one: HistorySync, other: HistorySync): readonly (readonly number[])[] {
  const given: number[][] = [[], []];
  const ends = [one, other];
  const mail: [number, HistorySend][] = [
    ...one.neighbourUp(idOf(1)).map((each): [number, HistorySend] => [1, each]),
    ...other.neighbourUp(idOf(0)).map((each): [number, HistorySend] => [0, each]),
  ];
  for (const [to, { message }] of mail) {
    if (message.type === 'missed')
      given[to]?.push(...message.payloads.map(([first]) => first ?? 0));
    else {
      const answers = ends[to]?.receive(idOf(1 - to), message) ?? [];
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
    history.neighbourUp(idOf(1));
    const [digest] = history.tick(history.dueAt);
    if (digest?.message.type !== 'digest') throw new Error('it did not ask');
    expect(made([2, 1]).history.receive(idOf(1), digest.message)).toEqual([]);
    expect(made([1]).history.receive(idOf(1), digest.message)).toMatchObject([
      { message: { type: 'summary', isAnswer: false } },
    ]);
  });

  it('asks nobody who is a neighbour no more', () => {
    const { history } = made([1]);
    history.neighbourUp(idOf(1));
    history.neighbourDown(idOf(1));
    expect(history.tick(history.dueAt)).toEqual([]);
  });

  it('gives pages of 48 KiB, sixteen at once, however much is missing', () => {
    const all = Array.from({ length: 2000 }, (_, at) => at + 1);
    const { history } = made(all, 4096);
    const pages = history.receive(idOf(1), { type: 'summary', rows: [], isAnswer: true });
    expect(pages).toHaveLength(16);
    for (const { message } of pages) {
      expect(message.type === 'missed' && message.payloads.length).toBe(12);
    }
  });

  it('gives nothing for rows that claim more than there is', () => {
    const runs = [{ from: 1, to: 2 ** 50 }];
    const { history } = made([1, 2]);
    const rows = [{ author: AUTHOR, epoch: 1, runs }];
    expect(history.receive(idOf(1), { type: 'summary', rows, isAnswer: true })).toEqual([]);
  });
});
