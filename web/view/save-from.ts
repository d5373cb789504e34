/** Lets the browser save what a path gives: by a link, as a person would follow one. */
export function saveFrom(path: string): void {
  const link = document.createElement('a');
  link.href = path;
  link.download = '';
  link.click();
}
