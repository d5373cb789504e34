/** The languages of the page. */
import { de } from './de.js';
import { en } from './en.js';
import type { Failures } from './failures.js';
import { failuresDe } from './failures-de.js';
import { type Speech, speechOf, type Texts } from './texts.js';

type Language = {
  readonly name: string;
  readonly texts: Texts;
  /** None in English, which the peer speaks. */
  readonly failures?: Failures;
};

export const LANGUAGES: Readonly<Record<string, Language>> = {
  en: { name: 'English', texts: en },
  de: { name: 'Deutsch', texts: de, failures: failuresDe },
};

/** @param wanted what the user likes to read, best first, as `de-AT`. @returns English where none of them is there. */
export function speechFor(wanted: readonly string[]): Speech {
  for (const tag of wanted) {
    const language = LANGUAGES[tag.split('-')[0] ?? ''];
    if (language !== undefined) return speechOf(tag, language.texts, language.failures);
  }
  return speechOf('en', en);
}
