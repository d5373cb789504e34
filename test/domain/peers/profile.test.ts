import { expect, it } from 'vitest';
import {
  awayStatus,
  COLOURS,
  checkedColour,
  checkedName,
  nameOfCommand,
  nameOfHost,
  parseColour,
  parseName,
  parseStatus,
} from '#src/domain/peers/profile.js';

it.each([
  ['anna', true],
  ['x'.repeat(64), true],
  ['\u00e4'.repeat(33), false],
  ['', false],
  ['  ', false],
  ['a\u0007', false],
  ['\ud800', false],
])('a peer called %j: %s', (name, isFit) => {
  expect(parseName(name) === name).toBe(isFit);
  if (isFit) expect(checkedName(name)).toBe(name);
  else expect(() => checkedName(name)).toThrow(expect.objectContaining({ code: 'usage' }));
});

it.each([
  ['', true],
  ['away', true],
  ['away: at lunch', true],
  [`away: ${'x'.repeat(128)}`, true],
  [`away: ${'x'.repeat(129)}`, false],
  ['away: ', false],
  ['away:', false],
  ['here', false],
  ['away: \u001b[2J', false],
])('a status %j: %s', (status, isOne) => {
  expect(parseStatus(status) === status).toBe(isOne);
});

it('why somebody is away stands behind it, and what cannot be shown is refused', () => {
  expect(awayStatus('')).toBe('away');
  expect(awayStatus('at lunch')).toBe('away: at lunch');
  for (const why of ['a\nb', 'x'.repeat(129)]) {
    expect(() => awayStatus(why)).toThrow(expect.objectContaining({ code: 'usage' }));
  }
});

it('a host name that is too long for a peer is cut between characters', () => {
  expect(nameOfHost('\u00fc'.repeat(100))).toBe('\u00fc'.repeat(32));
  expect(nameOfHost('larder')).toBe('larder');
  expect(nameOfHost('\u0007')).toBe('peer');
});

it('a command is called as the peer beside it and what it does, cut to what a peer may be called', () => {
  expect(nameOfCommand('larder', 'send-2')).toBe('larder-send-2');
  expect(nameOfCommand('\u00fc'.repeat(32), 'send')).toBe(`${'\u00fc'.repeat(29)}-send`);
});

it('a colour is one of eight words, and `none` takes it away', () => {
  for (const colour of COLOURS) expect(checkedColour(colour)).toBe(colour);
  expect(checkedColour('none')).toBeUndefined();
  for (const word of ['', 'none', 'Red', '#ff0000', 'red;', 'constructor']) {
    expect(parseColour(word)).toBeUndefined();
  }
  expect(() => checkedColour('#ff0000')).toThrow(expect.objectContaining({ code: 'usage' }));
});
