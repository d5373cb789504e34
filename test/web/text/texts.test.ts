import { afterEach, describe, expect, it, vi } from 'vitest';
import { ERROR_CODES } from '#src/domain/errors.js';
import { en } from '#web/text/en.js';
import { FAILURE_CODES } from '#web/text/failures.js';
import { LANGUAGES, speechFor } from '#web/text/languages.js';
import { speechOf } from '#web/text/texts.js';

function holes(text: string): readonly string[] {
  return [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).toSorted();
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the texts of the page', () => {
  it.each(Object.entries(LANGUAGES))(
    'are all there in %s, with the same put in',
    (_, { texts }) => {
      expect(Object.keys(texts)).toEqual(Object.keys(en));
      for (const [key, text] of Object.entries(en)) {
        const other: string = texts[key as keyof typeof en];
        expect([key, holes(other)]).toEqual([key, holes(text)]);
        expect(other).not.toBe('');
      }
    },
  );

  it('leave numbers that the peer sets to whoever puts them in', () => {
    for (const { texts } of Object.values(LANGUAGES)) {
      const numbered = Object.entries(texts).filter(([, text]) =>
        /\d/.test(text.replace('TLS 1.3', '').replaceAll('p2p', '')),
      );
      expect(numbered).toEqual([]);
    }
  });

  it('have a sentence for each failure in every language that the peer does not speak', () => {
    for (const [language, { failures }] of Object.entries(LANGUAGES)) {
      if (language === 'en') continue;
      expect(Object.keys(failures ?? {}).toSorted()).toEqual([...FAILURE_CODES].toSorted());
      for (const code of ERROR_CODES)
        expect(speechFor([language]).failure(code)).toMatch(/\.$|\?$/);
    }
  });

  it('leave a failure in the words of the peer in English, and where its code is not known', () => {
    expect(speechFor(['en']).failure('not-found')).toBeUndefined();
    expect(speechFor(['de']).failure('of-a-later-version')).toBeUndefined();
    expect(speechFor(['de']).failure('constructor')).toBeUndefined();
  });

  it('are in the first language that the user likes and there is, else in English', () => {
    expect(speechFor(['fr-FR', 'de-AT', 'en']).text('view.shares')).toBe('Freigaben');
    expect(speechFor(['fr']).text('view.shares')).toBe('Shares');
  });

  it('take what is put in as it is, also where it looks like a place to put something in', () => {
    const speech = speechOf('en', { ...en, 'say.offer': '{from} offers {name}' });
    const text = speech.text('say.offer', { from: '{name}$&', name: '<b>' });
    expect(text).toBe('{name}$& offers <b>');
  });

  it('are there without a format, which would cost the page its first moments', () => {
    const formats = ['NumberFormat', 'PluralRules', 'DateTimeFormat'] as const;
    const made = formats.map((name) => vi.spyOn(Intl, name));
    expect(speechFor(['en']).text('view.shares')).toBe('Shares');
    expect(made.flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  it('count and measure as the language does', () => {
    const german = speechFor(['de']);
    expect(german.counted('shares.copies', 1)).toBe('1 Kopie');
    expect(german.counted('shares.copies', 1200)).toBe('1.200 Kopien');
    expect(german.text('peers.roundTrip', { ms: german.decimal(1.26) })).toBe('1,3 ms Umlaufzeit');
    expect(german.text('transfers.taken', { count: 1200 })).toBe('von 1.200 angenommen');
    expect(german.size(1536)).toBe('1,5 KiB');
    expect(speechFor(['en']).size(1024 * 1024 - 1)).toBe('1.0 MiB');
    expect(german.span(3_725_000)).toBe('1:02:05');
  });

  it('show a date whatever a stranger claims', () => {
    expect(() => speechFor(['en']).moment(Number.MAX_SAFE_INTEGER)).not.toThrow();
    expect(() => speechFor(['en']).moment(-1e308)).not.toThrow();
  });
});
