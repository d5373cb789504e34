/** How a peer is shown beside its name: by a letter on a colour that stays the same. Pure. */
import { COLOURS, type Colour } from '#src/domain/peers/profile.js';

export type Avatar = { readonly colour: Colour; readonly letter: string };

/** Where its user chose no colour: by its id, so that it has the same one everywhere. */
function colourById(peerId: string): Colour {
  let sum = 0;
  for (const character of peerId) sum += character.charCodeAt(0);
  return COLOURS[sum % COLOURS.length] ?? COLOURS[0];
}

/** @param shown its name as it may be looked at; empty where it is not known. */
export function avatarOf(peerId: string, shown: string, colour: Colour | undefined): Avatar {
  const [first] = new Intl.Segmenter().segment((shown || peerId).trim());
  return { colour: colour ?? colourById(peerId), letter: (first?.segment ?? '').toUpperCase() };
}
