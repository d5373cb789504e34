import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toRecord } from '#src/domain/errors.js';
import { walkTree } from '#src/io/content/tree-walk.js';
import { troubleText, unreadableNotice } from '#src/peer/shares/share-news.js';
import { newFolder } from '#test/support/folders.js';

it('what cannot be shared is named once in the sentence that says why', async () => {
  const folder = newFolder();
  symlinkSync('/etc', join(folder, 'link'));
  const sentences: string[] = [];
  for (const name of ['link', 'none']) {
    const path = join(folder, name);
    const error = await walkTree(path, new AbortController().signal).catch(toRecord);
    sentences.push(troubleText({ type: 'trouble', path, error: error as never }));
  }
  expect(sentences).toEqual([
    `${folder}/link is not shared: it is a link: share what it points to.`,
    `${folder}/none is not shared: it does not exist.`,
  ]);
});

it('so is a folder that can no longer be read', () => {
  const folder = join(newFolder(), 'gone');
  const error = Object.assign(new Error(`ENOENT: no such file, scandir '${folder}'`), {
    code: 'ENOENT',
  });
  expect(unreadableNotice(folder, error)).toMatchObject({
    message: `${folder} is gone. Nothing in it is shared until that changes.`,
  });
});
