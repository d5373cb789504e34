/** What the part of the address behind `#` means: the token at first, then what is shown. Pure. */
export const VIEWS = [
  'peers',
  'chat',
  'shares',
  'transfers',
  'offers',
  'topology',
  'settings',
  'log',
] as const;
export type View = (typeof VIEWS)[number];

export type Place = {
  readonly view: View;
  /** Whom a conversation is with. */
  readonly of?: string;
};

export function tokenIn(fragment: string): string | undefined {
  return /^#token=([\w-]+)$/.exec(fragment)?.[1];
}

export function placeIn(fragment: string): Place {
  const [name, of] = fragment.slice(1).split('/');
  const view = VIEWS.find((one) => one === name) ?? 'peers';
  return of === undefined || of === '' ? { view } : { view, of };
}

export function fragmentOf({ view, of }: Place): string {
  return of === undefined ? `#${view}` : `#${view}/${of}`;
}
