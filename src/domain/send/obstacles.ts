/** Why whoever was offered something does not take it, though nobody there said no: what he says, and what its sender reads. Pure. */
import type { OfferAnswer } from './send-offer.js';

/**
 * `settings`: they do not take it, and nobody could be asked. `paused`: by his user, until that one goes on. The last three
 * may pass: he asks for it again as his user says so, or as either links.
 */
const OBSTACLES = ['too-large', 'settings', 'paused', 'disk-full', 'denied', 'io'] as const;
export type Obstacle = (typeof OBSTACLES)[number];

/** @returns undefined for one that a later version may know. */
export function parseObstacle(word: string): Obstacle | undefined {
  return OBSTACLES.find((known) => known === word);
}

/** For good: it is as if he had said no. */
export function isFinal(obstacle: Obstacle): boolean {
  return obstacle === 'too-large' || obstacle === 'settings';
}

/** Whether an answer can have it for a reason: what nobody would say is not believed. */
export function isSaidWith(obstacle: Obstacle, answer: OfferAnswer): boolean {
  return answer === (isFinal(obstacle) ? 'rejected' : 'accepted');
}

const SENTENCES: Readonly<Record<Obstacle, (who: string) => string>> = {
  'too-large': (who) => `it has become more than ${who} accepted: send it again`,
  settings: (who) => `the settings of ${who} do not take it, and nobody was there to be asked`,
  paused: (who) => `paused by ${who}`,
  'disk-full': (who) =>
    `the disk of ${who} is full: it goes on once ${who} has made room and says \`resume\``,
  denied: (who) =>
    `${who} may not write where it is to go: it goes on once ${who} has mended that and says \`resume\``,
  io: (who) => `${who} cannot write it: it goes on once ${who} has mended that and says \`resume\``,
};

/** @param who whom it was offered to, as he is shown. */
export function obstacleText(obstacle: Obstacle, who: string): string {
  return SENTENCES[obstacle](who);
}
