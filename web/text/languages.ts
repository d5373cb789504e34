/** The languages of the page. */
import { de } from './de.js';
import { en } from './en.js';
import { type Speech, speechOf, type Texts } from './texts.js';

export const LANGUAGES: Readonly<Record<string, { readonly name: string; readonly texts: Texts }>> =
  {
    en: { name: 'English', texts: en },
    de: { name: 'Deutsch', texts: de },
  };

/** @param wanted what the user likes to read, best first, as `de-AT`. @returns English where none of them is there. */
export function speechFor(wanted: readonly string[]): Speech {
  for (const tag of wanted) {
    const language = LANGUAGES[tag.split('-')[0] ?? ''];
    if (language !== undefined) return speechOf(tag, language.texts);
  }
  return speechOf('en', en);
}
