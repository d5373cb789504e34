/** docs/interfaces.md says of each command where else the same is done: it leaves none out, and names none that there is not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allOperations } from '#src/api/open-api.js';
import { operations } from '#src/api/operations.js';
import { commandsFor } from '#src/cli/commands/table.js';
import { COMMAND_PLACES } from '#web/model/commands.js';
import { VIEWS } from '#web/model/place.js';
import { en } from '#web/text/en.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'interfaces.md'), 'utf8');
const ROWS = new Map(
  [...DOCUMENT.matchAll(/^\| `(\w+)` \| (.*?) \| .*\|$/gm)].map(([, name, calls]) => [name, calls]),
);
const ALONE = [...DOCUMENT.matchAll(/^\| `([A-Z]+ [^`]+)` \|/gm)].map(([, call]) => call);

/** Of each command the views of the page. */
const PLACES = new Map(
  [...DOCUMENT.matchAll(/^\| `(\w+)` \| .*? \| ?(.*?) ?\|$/gm)].map(([, name, views]) => [
    name,
    views,
  ]),
);
const COMMANDS = commandsFor(true).map(({ name }) => name);
const TITLES = Object.fromEntries(VIEWS.map((view) => [view, en[`view.${view}`]]));
const PAGE = ['web/view', 'web/model']
  .flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(ROOT, folder, file)))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

const OPERATIONS = Object.values(allOperations);
const callOf = ({ method, path }: (typeof OPERATIONS)[number]) =>
  `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;

describe('the table of interfaces', () => {
  it.each(COMMANDS)('has the calls of `%s`', (name) => {
    const calls = OPERATIONS.filter(({ commands }) => commands.includes(name)).map(callOf);
    const cell = calls.length === 0 ? '' : calls.map((call) => `\`${call}\``).join('<br>');
    expect({ name, cell: ROWS.get(name) }).toEqual({ name, cell });
  });

  it.each(COMMANDS)('has a call and a place on the page for `%s`, and they are there', (name) => {
    const places = COMMAND_PLACES[name as keyof typeof COMMAND_PLACES] ?? [];
    expect(places.length).toBeGreaterThan(0);
    const shown = PLACES.get(name)?.split(', ');
    expect({ name, shown }).toEqual({ name, shown: places.map((view) => TITLES[view]) });
    const ids = Object.entries(allOperations)
      .filter(([, { commands }]) => commands.includes(name))
      .map(([id]) => id);
    expect(ids).not.toEqual([]);
    // What the page asks by the table of operations stands in one of its files; of this document it makes the rest itself.
    const asked = ids.filter((id) => id in operations);
    const isAsked = asked.length === 0 || asked.some((id) => PAGE.includes(`'${id}'`));
    expect({ name, isAsked }).toEqual({ name, isAsked: true });
  });

  it('has no place on the page for what is no command', () => {
    expect(Object.keys(COMMAND_PLACES)).toEqual(COMMANDS);
  });

  it('has no other commands', () => {
    expect([...ROWS.keys()]).toEqual(COMMANDS);
  });

  it('has every call that no command does', () => {
    const alone = OPERATIONS.filter(({ commands }) => commands.length === 0).map(callOf);
    expect(ALONE).toEqual(alone);
  });
});
