/** What the watch of a directory or a file says: the name directly below that changed, or one of these. */
export type WatchNews = string;

/** The watch stands. No file has this name. */
export const STANDS = '';

/** Any of them may have changed. No file has this name either. */
export const ANY = '/';
