/**
 * Reads one line of stdin as a command. Grammar: a command word in any case, then words; double quotes around
 * what has spaces, a backslash is a backslash (Windows paths); unquoted words up to the first `--option` are
 * one text, with its inner spaces as typed; each option takes one value, a flag none. Behind `say` and `away`, and behind the peer
 * of `tell`, all is text, as typed; `tell PEER --when-back TEXT` has one flag, and `--` ends it; `tell --cancel ID` has
 * no peer and no text. Under --json a last word `#REF` comes back in the answers.
 */
import { printable } from '#src/domain/printable.js';

export type CommandLine = {
  /** In lower case. */
  readonly command: string;
  /** Everything between the command and its options as one text; undefined if there is nothing. */
  readonly subject: string | undefined;
  /** The same, word by word. */
  readonly words: readonly string[];
  /**
   * Option names in lower case with their dashes; a flag is there with an empty value, what is given several times with a line
   * for each.
   */
  readonly options: ReadonlyMap<string, string>;
  readonly ref: string | undefined;
};

export type Parsed =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'command'; readonly line: CommandLine }
  | { readonly kind: 'fault'; readonly message: string; readonly ref: string | undefined };

/** The one option of one letter: how many, as `tail -n`. A name that looks like it is put in quotes. */
const SHORT_OPTION = '-n';

type Word = {
  readonly text: string;
  readonly quoted: boolean;
  readonly from: number;
  readonly to: number;
};

const OPEN_QUOTE = 'the closing double quote is missing; put one at both ends of what has spaces';
const INNER_QUOTE =
  'a space is missing after a closing double quote; a name that holds quotes is typed without any around it';

/** Options that take no value. */
const FLAGS: ReadonlySet<string> = new Set([
  '--blocked',
  '--all',
  '--network',
  '--dot',
  '--when-back',
  '--receipts',
]);

const REPEATABLE: ReadonlySet<string> = new Set(['--exclude']);

/** What people say is theirs: a quote in it is a quote, and two dashes are two dashes. */
const VERBATIM = /^\s*(say|away)(?:\s+(.*?))?\s*$/is;

/** The same, behind the peer. */
const TELL = /^\s*tell(?=\s|$)\s*/i;

/** `--when-back` is no part of the text where it stands first; `--` before a text leaves all of it as it is. */
const WHEN_BACK = /^(--when-back(?:\s+|$))?(?:--\s+)?/is;

/** @param refs whether a last `#REF` is taken as one; without it, it is part of the text. */
export function parseCommandLine(text: string, refs: boolean): Parsed {
  const verbatim = VERBATIM.exec(text);
  if (verbatim !== null) return verbatimLine(verbatim[1] ?? '', verbatim[2] ?? '', refs);
  if (TELL.test(text)) return tellLine(text.replace(TELL, ''), refs);
  const all = wordsOf(text);
  if (typeof all === 'string') return { kind: 'fault', message: all, ref: undefined };
  const last = all.at(-1);
  const ref = refs && last !== undefined && isRef(last) ? last.text.slice(1) : undefined;
  const [head, ...rest] = ref === undefined ? all : all.slice(0, -1);
  if (head === undefined) {
    const message = 'a command is missing before the reference; `help` lists the commands';
    return ref === undefined ? { kind: 'nothing' } : { kind: 'fault', message, ref };
  }
  return lineOf(head.text, rest, (before) => subjectOf(text, before), ref);
}

/** @param words as a shell has split them: what has spaces was quoted there. */
export function lineOfWords(command: string, words: readonly string[]): Parsed {
  const all = words.map((text) => ({ text, quoted: /\s/.test(text), from: 0, to: 0 }));
  const subject = (before: readonly Word[]) =>
    before.length === 0 ? undefined : before.map(({ text }) => text).join(' ');
  if (command !== 'tell') return lineOf(command, all, subject, undefined);
  const [peer = '', ...text] = words;
  const typed = /[\s"]/.test(peer) ? `"${peer}"` : peer;
  return tellLine([typed, ...text].join(' '), false);
}

function lineOf(
  command: string,
  words: readonly Word[],
  subject: (before: readonly Word[]) => string | undefined,
  ref: string | undefined,
): Parsed {
  const start = words.findIndex(isOption);
  const before = start === -1 ? words : words.slice(0, start);
  const options = optionsOf(start === -1 ? [] : words.slice(start), before.length > 0);
  if (typeof options === 'string') return { kind: 'fault', message: options, ref };
  const line = {
    command: command.toLowerCase(),
    subject: subject(before),
    words: before.map((word) => word.text),
    options,
    ref,
  };
  return { kind: 'command', line };
}

function verbatimLine(command: string, text: string, refs: boolean): Parsed {
  const [, before = text, ref] = (refs ? /^(.*?)\s*(?:^|\s)#(\S+)$/s.exec(text) : null) ?? [];
  const subject = before === '' ? undefined : before;
  const words = subject === undefined ? [] : [subject];
  const line = { command: command.toLowerCase(), subject, words, options: new Map(), ref };
  return { kind: 'command', line };
}

/** A peer that is called so goes in quotes. */
const CANCEL = '--cancel';

/** `PEER [--when-back] [--] TEXT`: the peer is one word, or in quotes; what is behind it is text. Or `--cancel ID`. */
function tellLine(typed: string, refs: boolean): Parsed {
  const first = typed.startsWith('"') ? quoted(typed, 0) : plain(typed, 0);
  const parsed = verbatimLine('tell', typeof first === 'string' ? '' : typed.slice(first.to), refs);
  if (parsed.kind !== 'command' || first === typed) return parsed;
  const { line } = parsed;
  if (typeof first === 'string') return { kind: 'fault', message: first, ref: line.ref };
  const said = (line.subject ?? '').trimStart();
  if (!first.quoted && first.text.toLowerCase() === CANCEL) return cancelLine(line, said);
  const [head, flag] = WHEN_BACK.exec(said) ?? [''];
  const text = said.slice(head.length).trimEnd();
  const words = [first.text, text].filter((word) => word !== '');
  const options = new Map(flag === undefined ? [] : [['--when-back', '']]);
  return { kind: 'command', line: { ...line, subject: first.text || undefined, words, options } };
}

function cancelLine(line: CommandLine, id: string): Parsed {
  const options = new Map([[CANCEL, id]]);
  return { kind: 'command', line: { ...line, subject: CANCEL, words: [], options } };
}

function isRef(word: Word): boolean {
  return !word.quoted && word.text.startsWith('#') && word.text.length > 1;
}

function isOption(word: Word): boolean {
  return !word.quoted && (word.text.startsWith('--') || word.text === SHORT_OPTION);
}

function subjectOf(text: string, words: readonly Word[]): string | undefined {
  const first = words[0];
  const last = words.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (words.some((word) => word.quoted)) return words.map((word) => word.text).join(' ');
  return text.slice(first.from, last.to);
}

/** @returns the options, or the sentence that says what is wrong with them. */
function optionsOf(words: readonly Word[], isNamed: boolean): ReadonlyMap<string, string> | string {
  const options = new Map<string, string>();
  let rest = words;
  for (;;) {
    const [word, value, ...more] = rest;
    if (word === undefined) return options;
    const name = word.text.toLowerCase();
    if (!isOption(word)) {
      const mend = isNamed
        ? 'put double quotes around what has spaces'
        : 'what the command is about comes before its options';
      return `${word.text} is unexpected; ${mend}`;
    }
    if (options.has(name) && !REPEATABLE.has(name)) return `${name} is given twice; give it once`;
    if (FLAGS.has(name)) {
      options.set(name, '');
      rest = rest.slice(1);
      continue;
    }
    if (value === undefined)
      return `${name} needs a value after it, or is no option of this command`;
    if (isOption(value)) return valueless(name, value.text);
    const before = options.get(name);
    options.set(name, before === undefined ? value.text : `${before}\n${value.text}`);
    rest = more;
  }
}

/** @param next the option that stands where its value should */
export function valueless(name: string, next: string): string {
  return `${name} needs a value after it, but ${printable(next)} is another option: give ${name} a value, or leave it out`;
}

/** @returns the words, or the sentence that says which quote is wrong. */
function wordsOf(text: string): readonly Word[] | string {
  const words: Word[] = [];
  const space = /\s*/y;
  let at = 0;
  for (;;) {
    space.lastIndex = at;
    space.test(text);
    at = space.lastIndex;
    if (at >= text.length) return words;
    const word = text[at] === '"' ? quoted(text, at) : plain(text, at);
    if (typeof word === 'string') return word;
    words.push(word);
    at = word.to;
  }
}

/** Quotes inside a word are part of it: many names have inches in them. */
function plain(text: string, from: number): Word {
  const end = /\s/g;
  end.lastIndex = from;
  const to = end.exec(text)?.index ?? text.length;
  return { text: text.slice(from, to), quoted: false, from, to };
}

function quoted(text: string, from: number): Word | string {
  const close = text.indexOf('"', from + 1);
  if (close === -1) return OPEN_QUOTE;
  if (/\S/.test(text[close + 1] ?? ' ')) return INNER_QUOTE;
  return { text: text.slice(from + 1, close), quoted: true, from, to: close + 1 };
}
