import { expect, it } from 'vitest';
import { mergedHistory } from '#src/domain/talk/merged-history.js';

it.each([
  [[], [], ''],
  [[], [0, 0], 'AB'],
  [[1, 2], [], '12'],
  [[1, 2, 5], [0, 1, 1, 4, 5, 9], 'A1BC2D5EF'],
  // Those that have gone leave the order as it was.
  [[7], [1, 6, 7], 'AB7C'],
])(
  'private messages stand behind the last to all that was here: %j and %j',
  (toAll, privately, merged) => {
    const rows = mergedHistory(
      toAll.map((order) => ({ order, row: String(order) })),
      privately.map((after, at) => ({ after, row: 'ABCDEF'[at] ?? '' })),
    );
    expect(rows.join('')).toBe(merged);
  },
);
