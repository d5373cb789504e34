/** docs/interfaces.md says of each command where else the same is done: it leaves none out, and names none that there is not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allOperations } from '#src/api/open-api.js';
import { operations } from '#src/api/operations.js';
import { commandsFor } from '#src/cli/commands/table.js';
import { VIEWS } from '#web/model/place.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'interfaces.md'), 'utf8');
const ROWS = new Map(
  [...DOCUMENT.matchAll(/^\| `(\w+)` \| (.*?) \| .*\|$/gm)].map(([, name, calls]) => [name, calls]),
);
const ALONE = [...DOCUMENT.matchAll(/^\| `([A-Z]+ [^`]+)` \|/gm)].map(([, call]) => call);

/** Of each command the views of the page. */
const PLACES = [...DOCUMENT.matchAll(/^\| `(\w+)` \| .*? \| ?(.*?) ?\|$/gm)].map(
  ([, name = '', views = '']) => [name, views] as const,
);
const PAGE = ['web/view', 'web/model']
  .flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(ROOT, folder, file)))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

const OPERATIONS = Object.values(allOperations);
const callOf = ({ method, path }: (typeof OPERATIONS)[number]) =>
  `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;

describe('the table of interfaces', () => {
  it.each(commandsFor(true).map(({ name }) => name))('has the calls of `%s`', (name) => {
    const calls = OPERATIONS.filter(({ commands }) => commands.includes(name)).map(callOf);
    const cell = calls.length === 0 ? '' : calls.map((call) => `\`${call}\``).join('<br>');
    expect({ name, cell: ROWS.get(name) }).toEqual({ name, cell });
  });

  it.each(PLACES)('has a place on the page for `%s`, where a view asks for it', (name, views) => {
    const ids = Object.entries(operations)
      .filter(([, operation]) => (operation.commands as readonly string[]).includes(name))
      .map(([id]) => id);
    expect({ name, isOnPage: ids.some((id) => PAGE.includes(`'${id}'`)) }).toEqual({
      name,
      isOnPage: views !== '',
    });
    for (const view of views.split(', ').filter((one) => one !== '')) {
      expect(VIEWS).toContain(view.toLowerCase());
    }
  });

  it('has no other commands', () => {
    expect([...ROWS.keys()]).toEqual(commandsFor(true).map(({ name }) => name));
  });

  it('has every call that no command does', () => {
    const alone = OPERATIONS.filter(({ commands }) => commands.length === 0).map(callOf);
    expect(ALONE).toEqual(alone);
  });
});
