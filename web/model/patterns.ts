/** @param text patterns with commas between, as somebody writes them in one line. @returns each alone; undefined where there is none. Pure. */
export function patternsIn(text: string): readonly string[] | undefined {
  const patterns = text.split(',').flatMap((part) => part.trim() || []);
  return patterns.length === 0 ? undefined : patterns;
}
