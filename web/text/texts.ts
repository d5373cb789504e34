/** Which text of which language, with what is put in. */
import type { en } from './en.js';
import type { Failures } from './failures.js';

type Key = keyof typeof en;
export type Texts = Readonly<Record<Key, string>>;

/** Texts that depend on a count have one for each form that some language needs. */
type Counted<K> = K extends `${infer Base}.other` ? Base : never;
type CountedKey = Counted<Key>;

type Given = Readonly<Record<string, string | number>>;

export type Speech = {
  readonly language: string;
  /** @returns the text; what is put in stays as it is: it is shown as text, never as markup. */
  text(key: Key, given?: Given): string;
  /** The same by `count`, as the language counts. */
  counted(key: CountedKey, count: number, given?: Given): string;
  /** @returns what failed with this code; undefined where the peer's own words are the best there are. */
  failure(code: string): string | undefined;
  size(bytes: number): string;
  /** To a tenth, as the language writes it. */
  decimal(value: number): string;
  rate(bytesPerSecond: number): string;
  percent(share: number): string;
  /** A length of time in words. */
  span(ms: number): string;
  /** A moment, milliseconds since 1970. */
  moment(at: number): string;
};

/** ECMA-262, section 21.4.1.1: whoever sent it may claim any number. */
const LAST_DATE_MS = 8.64e15;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** @param failures none where the language is the peer's own. */
export function speechOf(language: string, texts: Texts, failures?: Failures): Speech {
  const { whole, tenths, percents, plural, moments } = formatsOf(language);
  const text: Speech['text'] = (key, given = {}) => filled(texts[key], given, whole);
  const size = (bytes: number) => sizeOf(bytes, whole, tenths);
  return {
    language,
    text,
    counted(key, count, given = {}) {
      const form: Key = plural().select(count) === 'one' ? `${key}.one` : `${key}.other`;
      return text(form, { ...given, count: whole().format(count) });
    },
    failure: (code) => (hasCode(failures, code) ? failures[code] : undefined),
    size,
    decimal: (value) => tenths().format(value),
    rate: (bytesPerSecond) => `${size(Math.round(bytesPerSecond))}/s`,
    percent: (share) => percents().format(Math.floor(share * 100) / 100),
    span: (ms) => spanOf(Math.max(0, Math.round(ms / 1000))),
    moment: (at) => moments().format(Math.min(Math.max(at, 0), LAST_DATE_MS)),
  };
}

function hasCode(
  failures: Failures | undefined,
  code: string,
): failures is Failures & Record<string, string> {
  return failures !== undefined && Object.hasOwn(failures, code);
}

/** Each made when it is first used: all of them take a browser 40 ms, in which the page could be there. */
function formatsOf(language: string) {
  const { NumberFormat, PluralRules, DateTimeFormat } = Intl;
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return {
    whole: once(() => new NumberFormat(language)),
    tenths: once(() => new NumberFormat(language, digits)),
    percents: once(() => new NumberFormat(language, { style: 'percent' })),
    plural: once(() => new PluralRules(language)),
    moments: once(() => {
      return new DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' });
    }),
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** @returns the text with each `{name}` once; what was put in is not looked at again. */
function filled(text: string, given: Given, numbers: Numbers): string {
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => {
    const put = given[name] ?? hole;
    return typeof put === 'number' ? numbers().format(put) : put;
  });
}

type Numbers = () => Intl.NumberFormat;

function sizeOf(bytes: number, whole: Numbers, tenths: Numbers): string {
  let value = bytes;
  let unit = 0;
  // 1023.95 would be written 1024.0.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${(unit === 0 ? whole : tenths)().format(value)} ${UNITS[unit] ?? ''}`;
}

function spanOf(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
