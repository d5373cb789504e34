/**
 * Where a JSON text goes wrong. JSON.parse tells a position in some versions of Node and for some faults only,
 * and a user has to be told the line.
 */
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Settings nest two deep. What nests further is no settings file, and would be followed to the end of the stack. */
const MOST_LEVELS = 32;

type Place = { readonly line: number; readonly column: number };

/** @returns the line and column (from 1) of the first fault, or undefined if the text is JSON of at most 32 levels. */
export function jsonFault(text: string): Place | undefined {
  const after = value(text, 0, 0);
  const at = after.good ? skip(text, after.at) : after.at;
  if (after.good && at === text.length) return undefined;
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** How far a rule got: past what it matched, or to what it could not match. */
type Reach = { readonly good: boolean; readonly at: number };

function value(text: string, from: number, level: number): Reach {
  const at = skip(text, from);
  if (text[at] === '{' || text[at] === '[') {
    if (level === MOST_LEVELS) return { good: false, at };
    const inner = (start: number) => (text[at] === '{' ? member : value)(text, start, level + 1);
    return sequence(text, at, text[at] === '{' ? '}' : ']', inner);
  }
  const string = match(STRING, text, at);
  return string.good ? string : match(SCALAR, text, at);
}

function member(text: string, from: number, level: number): Reach {
  const key = match(STRING, text, skip(text, from));
  if (!key.good) return key;
  const colon = skip(text, key.at);
  return text[colon] === ':' ? value(text, colon + 1, level) : { good: false, at: colon };
}

function sequence(text: string, open: number, close: string, item: (from: number) => Reach): Reach {
  let at = skip(text, open + 1);
  if (text[at] === close) return { good: true, at: at + 1 };
  for (;;) {
    const reach = item(at);
    if (!reach.good) return reach;
    at = skip(text, reach.at);
    if (text[at] === close) return { good: true, at: at + 1 };
    if (text[at] !== ',') return { good: false, at };
    at += 1;
  }
}

function skip(text: string, from: number): number {
  return match(SPACE, text, from).at;
}

function match(pattern: RegExp, text: string, at: number): Reach {
  pattern.lastIndex = at;
  return pattern.test(text) ? { good: true, at: pattern.lastIndex } : { good: false, at };
}
