/** docs/interfaces.md says of each command where else the same is done: it leaves none out, and names none that there is not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allOperations } from '#src/api/open-api.js';
import { commandsFor } from '#src/cli/commands/table.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'interfaces.md'), 'utf8');
const ROWS = new Map(
  [...DOCUMENT.matchAll(/^\| `(\w+)` \| (.*?) \| .*\|$/gm)].map(([, name, calls]) => [name, calls]),
);
const ALONE = [...DOCUMENT.matchAll(/^\| `([A-Z]+ [^`]+)` \|/gm)].map(([, call]) => call);

const OPERATIONS = Object.values(allOperations);
const callOf = ({ method, path }: (typeof OPERATIONS)[number]) =>
  `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;

describe('the table of interfaces', () => {
  it.each(commandsFor(true).map(({ name }) => name))('has the calls of `%s`', (name) => {
    const calls = OPERATIONS.filter(({ commands }) => commands.includes(name)).map(callOf);
    const cell = calls.length === 0 ? '' : calls.map((call) => `\`${call}\``).join('<br>');
    expect({ name, cell: ROWS.get(name) }).toEqual({ name, cell });
  });

  it('has no other commands', () => {
    expect([...ROWS.keys()]).toEqual(commandsFor(true).map(({ name }) => name));
  });

  it('has every call that no command does', () => {
    const alone = OPERATIONS.filter(({ commands }) => commands.length === 0).map(callOf);
    expect(ALONE).toEqual(alone);
  });
});
