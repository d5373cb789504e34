/** Figures: what was measured, beside what is wanted of it. */

/**
 * @typedef {{ least: number, aim?: number } | { most: number, aim?: number }} Target `aim` is what we go for.
 * @typedef {{ name: string, value: number, unit: string, target?: Target, note?: string }} Figure
 */

/** @returns {Figure} */
export function figure(name, value, unit, target) {
  return { name, value, unit, ...(target && { target }) };
}

/** @returns {'met' | 'missed' | ''} */
function verdict({ value, target }) {
  if (target === undefined) return '';
  return (target.least === undefined ? value <= target.most : value >= target.least)
    ? 'met'
    : 'missed';
}

/** @param {readonly Figure[]} figures @param {boolean} isJudged whether to say what met its target */
export function table(figures, isJudged) {
  const rows = figures.map((one) => [
    one.name,
    amount(one),
    wanted(one),
    isJudged ? verdict(one) : '',
    one.note ?? '',
  ]);
  const all = [['FIGURE', 'MEASURED', 'WANTED', '', ''], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

function amount({ value, unit }) {
  return `${shown(value)} ${unit}`.trim();
}

function wanted({ target }) {
  if (target === undefined) return '';
  const limit = target.least === undefined ? `<= ${target.most}` : `>= ${target.least}`;
  return target.aim === undefined ? limit : `${limit}, going for ${target.aim}`;
}

/** Three digits that matter. */
function shown(value) {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
