import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { AnswerDials } from '#src/domain/query/answer-dials.js';

const ANNA = 'anna' as PeerId;
const VICTIM = { port: 27_460, hosts: ['10.0.0.9'] };
const LINKED = ['10.0.0.2'];

describe('dials to answer', () => {
  it('go to where the asker was reached before, whatever he says now', () => {
    const known = [{ host: '10.0.0.5', port: 27_460 }];
    expect(new AnswerDials().take(ANNA, VICTIM, known, LINKED, 0)).toEqual(known);
  });

  it('go to one host five times and then once in 20 s, however many ask under its address', () => {
    const dials = new AnswerDials();
    let count = 0;
    for (let second = 0; second < 100; second += 1) {
      const asker = `sybil ${second}` as PeerId;
      count += dials.take(asker, VICTIM, [], LINKED, second * 1000).length;
    }
    expect(count).toBe(5 + 4);
  });

  it('are made for one asker as rarely, wherever he says that he is', () => {
    const dials = new AnswerDials();
    let count = 0;
    for (let second = 0; second < 100; second += 1) {
      const hosts = [`10.0.1.${second}`];
      count += dials.take(ANNA, { port: 27_460, hosts }, [], LINKED, second * 1000).length;
    }
    expect(count).toBe(5 + 4);
  });

  it('are 20 at once and two a second for all together', () => {
    const dials = new AnswerDials();
    const ask = (number: number, at: number) =>
      dials.take(
        `${number}` as PeerId,
        { port: 27_460, hosts: [`10.0.2.${number}`] },
        [],
        LINKED,
        at,
      );
    const counts = [0, 1000].map(
      (at) => Array.from({ length: 100 }, (_, number) => ask(number, at)).flat().length,
    );
    expect(counts).toEqual([20, 2]);
  });

  it.each([
    ['127.0.0.1', ['127.0.0.1', '127.0.0.1'], 1],
    ['127.0.0.1', ['127.0.0.1', '10.0.0.2'], 0],
    ['127.0.0.1', [], 0],
    ['::1', ['10.0.0.2'], 0],
    ['169.254.169.254', ['10.0.0.2'], 0],
    ['169.254.7.7', ['169.254.1.1'], 1],
    ['fe80::1', ['10.0.0.2'], 0],
    ['0.0.0.0', ['127.0.0.1'], 0],
    ['::', ['127.0.0.1'], 0],
    ['::ffff:7f00:1', ['127.0.0.1'], 0],
    ['224.0.0.1', ['10.0.0.2'], 0],
    ['255.255.255.255', ['10.0.0.2'], 0],
    ['ff02::1', ['10.0.0.2'], 0],
    ['fd00::7', ['10.0.0.2'], 1],
    ['192.168.1.7', [], 1],
  ])('to %s, among peers at %j: %i', (host, linked, count) => {
    const dials = new AnswerDials();
    expect(dials.take(ANNA, { port: 27_460, hosts: [host] }, [], linked, 0)).toHaveLength(count);
  });

  it('never go to the ports of other services', () => {
    const dials = new AnswerDials();
    for (const port of [0, 22, 25, 443, 1023]) {
      expect(dials.take(ANNA, { ...VICTIM, port }, [], LINKED, 0)).toEqual([]);
    }
  });
});
