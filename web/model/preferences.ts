/** What this browser keeps of how its user likes the page. The token is never among it. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export type Preferences = {
  readonly theme: Theme;
  /** Undefined: as the browser asks for. */
  readonly language: string | undefined;
};

/** @param kept what was written down, by whatever version of this page. */
export function parsePreferences(kept: string | null): Preferences {
  const [theme, language] = (kept ?? '').split(' ');
  return {
    theme: THEMES.find((one) => one === theme) ?? 'system',
    language: language === undefined || language === '' ? undefined : language,
  };
}

export function preferencesText({ theme, language = '' }: Preferences): string {
  return `${theme} ${language}`;
}
