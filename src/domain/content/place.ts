/** Where a content lies: below one root, or, where several files and folders are one content, each where its user keeps it. */
export type Place = {
  /** The file or the folder; of several the folder around the first of them. */
  readonly path: string;
  /** Full paths of several: each stands at the top of the content under its last name. */
  readonly parts?: readonly string[];
};

/** @returns the place alone, of whatever has one. */
export function placeOf({ path, parts }: Place): Place {
  return parts === undefined ? { path } : { path, parts };
}
