import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandLine, parseCommandLine } from '#src/cli/command-line.js';

function line(text: string, refs = false): CommandLine {
  const parsed = parseCommandLine(text, refs);
  if (parsed.kind !== 'command') throw new Error(`${parsed.kind}: ${text}`);
  return parsed.line;
}

function fault(text: string, refs = false): string {
  const parsed = parseCommandLine(text, refs);
  if (parsed.kind !== 'fault') throw new Error(`${parsed.kind}: ${text}`);
  return parsed.message;
}

describe('a command line', () => {
  it('has its command in any case', () => {
    expect(line('  LiSt  ')).toMatchObject({ command: 'list', subject: undefined, words: [] });
  });

  it.each(['', '   ', '\t'])('of %j is nothing', (text) => {
    expect(parseCommandLine(text, true)).toEqual({ kind: 'nothing' });
  });

  it('joins unquoted words up to the first option, with their spaces as typed', () => {
    const parsed = line('download My  holiday film.mkv --to /tmp/ --FROM kitchen');
    expect(parsed.subject).toBe('My  holiday film.mkv');
    expect([...parsed.options]).toEqual([
      ['--to', '/tmp/'],
      ['--from', 'kitchen'],
    ]);
  });

  it('takes a flag without a value, before or behind other options', () => {
    expect([...line('peers --Blocked').options]).toEqual([['--blocked', '']]);
    expect([...line('peers --to x --blocked').options.keys()]).toEqual(['--to', '--blocked']);
    expect([...line('peers --blocked --to x').options.keys()]).toEqual(['--blocked', '--to']);
    expect(line('peers --blocked #7', true)).toMatchObject({ ref: '7' });
    expect(fault('peers --blocked yes')).toMatch(/yes is unexpected/);
    expect(fault('peers --blocked --blocked')).toMatch(/given twice/);
  });

  it.each([
    ['say it\'s 5" long', 'it\'s 5" long'],
    ['SAY  --to "all" ', '--to "all"'],
    ['say #1', '#1'],
    ['say', undefined],
    ['say ', undefined],
  ])('takes what is said as it was typed: %s', (text, subject) => {
    expect(line(text)).toMatchObject({ command: 'say', subject, ref: undefined });
    expect(line(text).options.size).toBe(0);
  });

  it.each([
    ['say a #b #7', 'a #b', '7'],
    ['say #7', undefined, '7'],
    ['say a#7', 'a#7', undefined],
    ['say', undefined, undefined],
  ])('takes the reference off what is said to a program: %s', (text, subject, ref) => {
    expect(line(text, true)).toMatchObject({ command: 'say', subject, ref });
  });

  it.each([
    ['tell ben  "hi" --to #1 ', ['ben', '"hi" --to #1'], false],
    ['TELL "ben b" hi', ['ben b', 'hi'], false],
    ['tell ben --when-back hi --when-back', ['ben', 'hi --when-back'], true],
    ['tell ben -- --when-back hi', ['ben', '--when-back hi'], false],
    ['tell ben --when-back -- -- hi', ['ben', '-- hi'], true],
    ['tell ben --when-backs hi', ['ben', '--when-backs hi'], false],
    ['tell ben', ['ben'], false],
    ['tell ben --when-back', ['ben'], true],
    ['tell', [], false],
  ])('takes the peer, a flag right behind it, and all else as text: %s', (text, words, waits) => {
    const parsed = line(text, false);
    expect(parsed.command).toBe('tell');
    expect(parsed.words).toEqual(words);
    expect(parsed.options.has('--when-back')).toBe(waits);
  });

  it('takes the id of what is taken back, and a peer in quotes though it is called so', () => {
    const { options, words, ref } = line('tell --cancel 0123abcd #7', true);
    expect([options.get('--cancel'), words, ref]).toEqual(['0123abcd', [], '7']);
    expect(line('tell --cancel').options.get('--cancel')).toBe('');
    expect(line('tell "--cancel" hi')).toMatchObject({ words: ['--cancel', 'hi'] });
    expect(line('tell ben --cancel 0123')).toMatchObject({ words: ['ben', '--cancel 0123'] });
  });

  it('takes the reference off what is told, and away for what it is', () => {
    expect(line('tell ben hi #7', true)).toMatchObject({ words: ['ben', 'hi'], ref: '7' });
    expect(line('tell ben --when-back hi #7', true).options.has('--when-back')).toBe(true);
    expect(line('away "for" --lunch #7', true)).toMatchObject({
      subject: '"for" --lunch',
      ref: '7',
    });
    expect(parseCommandLine('tell "ben hi', false)).toMatchObject({ kind: 'fault' });
  });

  it('takes how many after -n, which in quotes is a name', () => {
    expect([...line('history -n 5').options]).toEqual([['-n', '5']]);
    expect(line('share "-n"')).toMatchObject({ subject: '-n' });
  });

  it('takes a backslash literally and quotes around what has spaces', () => {
    const parsed = line(String.raw`share "C:\My files\new\" --to "D:\x y"`);
    expect(parsed.subject).toBe(`${String.raw`C:\My files\new`}\\`);
    expect(parsed.options.get('--to')).toBe(String.raw`D:\x y`);
  });

  it('takes a quote inside a word as part of it', () => {
    expect(line('download disk 5".img').subject).toBe('disk 5".img');
  });

  it('takes a quoted option as text', () => {
    expect(line('download "--weird"').subject).toBe('--weird');
  });

  it('ends in a reference only where references are asked for', () => {
    expect(line('download a #7', true)).toMatchObject({ subject: 'a', ref: '7' });
    expect(line('download a #7')).toMatchObject({ subject: 'a #7', ref: undefined });
    expect(line('download a --to b #x-1', true)).toMatchObject({ ref: 'x-1' });
    expect(line('download a "#7"', true)).toMatchObject({ subject: 'a #7', ref: undefined });
    expect(line('download #1 #2', true)).toMatchObject({ subject: '#1', ref: '2' });
    expect(line('download a #', true)).toMatchObject({ subject: 'a #', ref: undefined });
  });

  it.each([
    ['download "a', /closing double quote/],
    ['share "/x/quo"te"', /space is missing after a closing double quote/],
    ['download --from anna a', /a is unexpected; what .* is about comes before its options/],
    ['download a --to', /--to needs a value/],
    ['download a --to --from b', /--to needs a value/],
    ['send a --to --all', /--to needs a value after it, but --all is another option: give --to/],
    ['download a --to b c', /c is unexpected; put double quotes/],
    ['download a --to b --TO c', /given twice/],
  ])('%s is refused', (text, sentence) => {
    expect(fault(text)).toMatch(sentence);
  });

  it('keeps the reference in a refusal, so that the program learns which command failed', () => {
    expect(parseCommandLine('download a --to #9', true)).toMatchObject({ kind: 'fault', ref: '9' });
    expect(parseCommandLine('#9', true)).toMatchObject({ kind: 'fault', ref: '9' });
  });

  it('gives back any name without quotes that is put between quotes', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/["\n]/.test(text));
    fc.assert(
      fc.property(name, (text) => {
        expect(line(`download "${text}" #r`, true)).toMatchObject({ subject: text, ref: 'r' });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, refs) => {
        expect(['nothing', 'command', 'fault']).toContain(parseCommandLine(text, refs).kind);
      }),
    );
  });

  it('is read in linear time', () => {
    expect(line(`download ${' '.repeat(30_000)}${'x '.repeat(15_000)}`).words).toHaveLength(15_000);
  });
});
