/** What somebody chose in a dialog, or dropped: files, and folders with all that is in them. */
import type { Chosen } from '#web/model/sender.js';

export function chosenIn(list: FileList | null): readonly Chosen<File>[] {
  return [...(list ?? [])].map((file) => chosen(file, file.webkitRelativePath || file.name));
}

/** To be called in the event itself: afterwards the browser has forgotten what was dropped. */
export async function droppedIn(data: DataTransfer | null): Promise<readonly Chosen<File>[]> {
  // What is no file of a disk, as a picture out of a page, is no entry.
  const items = [...(data?.items ?? [])].map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
  }));
  const found = await Promise.all(
    items.map(async ({ entry, file }) => {
      if (entry !== null) return await below(entry);
      return file === null ? [] : [chosen(file, file.name)];
    }),
  );
  return found.flat();
}

async function below(entry: FileSystemEntry): Promise<readonly Chosen<File>[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    return [chosen(file, entry.fullPath.slice(1))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Chosen<File>[] = [];
  for (;;) {
    // A hundred at a time, until there are no more.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await below(one)));
  }
}

function chosen(file: File, path: string): Chosen<File> {
  return { path, file, bytes: file.size };
}
