/** How a peer shows itself beside its key: what it calls itself, in which colour, and whether its user is away. Decoration: it proves nothing. */
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { utf8Length } from '#src/domain/utf8-length.js';

/** Names, not shades: who shows them knows what can be read on its ground. */
export const COLOURS = [
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'purple',
  'pink',
] as const;
export type Colour = (typeof COLOURS)[number];

/** What a user may choose. `none`: whoever shows it chooses one by its id. */
export const COLOUR_CHOICES = [...COLOURS, 'none'] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

export type Profile = {
  readonly name: string;
  /** Empty where the user is there; else `away`, or `away: ` and why. */
  readonly status: string;
  /** Where its user chose one. */
  readonly colour?: Colour;
};

/** As much as stands in a row of a table. */
export const STATUS_BYTES = 128;

const AWAY = 'away';
const PREFIX = `${AWAY}: `;
/** What could play with terminals, and halves of characters, which cannot be sent. */
const UNFIT = /\p{Cc}|\p{Cs}/u;

/** @returns the name, or undefined if a peer cannot be called so. */
export function parseName(name: string): string | undefined {
  const isFit = name.trim() !== '' && !UNFIT.test(name);
  return isFit && utf8Length(name) <= LIMITS.peerNameBytes ? name : undefined;
}

/** @returns the status, or undefined if it is none. */
export function parseStatus(status: string): string | undefined {
  if (status === '' || status === AWAY) return status;
  const isFit = status.startsWith(PREFIX) && status.length > PREFIX.length && !UNFIT.test(status);
  return isFit && utf8Length(status) <= STATUS_BYTES + PREFIX.length ? status : undefined;
}

/** @returns undefined for what is none of ours: a later version may have more. */
export function parseColour(word: string): Colour | undefined {
  return COLOURS.find((colour) => colour === word);
}

/** @param word a colour, or `none`. @throws P2pError `usage` */
export function checkedColour(word: string): Colour | undefined {
  const colour = parseColour(word);
  if (colour !== undefined || word === 'none') return colour;
  throw new P2pError('usage', `a colour is one of ${COLOURS.join(', ')}, or none`);
}

/** @returns the host's name, cut to what a peer may be called; a host without a usable one is just a peer. */
export function nameOfHost(hostName: string): string {
  const clean = hostName.replaceAll(/\p{Cc}|\p{Cs}/gu, '').trim();
  const name = cut(clean, LIMITS.peerNameBytes);
  return name === '' ? 'peer' : name;
}

/** @returns what a command is called that runs beside the peer of this name: as that, and what it does. */
export function nameOfCommand(peerName: string, command: string): string {
  const suffix = `-${command}`;
  return cut(peerName, LIMITS.peerNameBytes - utf8Length(suffix)) + suffix;
}

function cut(text: string, mostBytes: number): string {
  let kept = '';
  for (const character of text) {
    if (utf8Length(kept + character) > mostBytes) break;
    kept += character;
  }
  return kept;
}

/** @throws P2pError `usage` */
export function checkedName(name: string): string {
  const parsed = parseName(name);
  if (parsed !== undefined) return parsed;
  const most = LIMITS.peerNameBytes;
  throw new P2pError('usage', `a name is a text of 1 to ${most} bytes without control characters`);
}

/** @param why shown to others; empty for none. @throws P2pError `usage` */
export function awayStatus(why: string): string {
  const status = parseStatus(why.trim() === '' ? AWAY : `${PREFIX}${why}`);
  if (status !== undefined) return status;
  throw new P2pError(
    'usage',
    `why you are away is a text of ${STATUS_BYTES} bytes at most, without control characters`,
  );
}
