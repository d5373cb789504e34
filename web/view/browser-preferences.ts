/** Keeps how the user likes the page in this browser, and lets it look so. */
import { Cell } from '#web/model/cell.js';
import { type Preferences, parsePreferences, preferencesText } from '#web/model/preferences.js';
import { speechFor } from '#web/text/languages.js';
import type { Speech } from '#web/text/texts.js';

const KEY = 'p2p';

export function keptPreferences(): Cell<Preferences> {
  const preferences = new Cell(parsePreferences(localStorage.getItem(KEY)));
  preferences.subscribe((liked) => {
    localStorage.setItem(KEY, preferencesText(liked));
    document.documentElement.dataset['theme'] = liked.theme;
  });
  return preferences;
}

export function speechOfBrowser(preferences: Cell<Preferences>): Cell<Speech> {
  const speech = new Cell(spokenAs(preferences.value));
  preferences.subscribe((liked) => {
    const next = spokenAs(liked);
    if (next.language !== speech.value.language) speech.set(next);
    document.documentElement.lang = speech.value.language;
  });
  return speech;
}

function spokenAs({ language }: Preferences): Speech {
  return speechFor(language === undefined ? navigator.languages : [language]);
}
