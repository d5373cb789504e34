/** docs/settings.md, made from the schema, so that the two can never differ. */
import { leaves, type PathedLeaf } from './leaves.js';

const HEAD = `# Settings

<!-- Generated from config/schema.ts; a test fails when it is stale and says how to renew it. -->

A flag of \`p2p start\` goes before an environment variable, that before the file given by \`--config\`, and that
before the default. A list given in one place replaces the others'. An empty variable counts as not set.

- A file is JSON. Groups may be nested (\`{"discovery": {"port": 27450}}\`) or dotted (\`{"discovery.port": 27450}\`), and
  \`"downloads"\` may be the folder itself. Unknown settings are refused.
- Relative paths start from the file's folder in a file, from the working directory in flags and variables.
- In a variable, paths of \`P2P_SHARE\` are parted as in \`PATH\` (\`:\`, on Windows \`;\`), addresses of \`P2P_PEERS\` and
  \`P2P_TRACKERS\` by commas.
  A misspelt variable is not noticed, as others may begin with \`P2P_\` too: check names with the table.
- Values are taken strictly: \`5x\` is no number, \`0\` is not \`false\`, sizes are plain numbers of bytes.

| setting | value | default | flag | variable | meaning |
|---|---|---|---|---|---|
`;

export function settingsDocument(): string {
  return `${HEAD}${leaves.map(row).join('\n')}\n`;
}

function row({ path, leaf }: PathedLeaf): string {
  const value = leaf.defaultMeans ?? `\`${JSON.stringify(leaf.default)}\``;
  const flag = leaf.flag === undefined ? '' : `\`${leaf.flag}\``;
  return `| ${[`\`${path}\``, leaf.kind.wants, value, flag, `\`${leaf.env}\``, leaf.doc].map(cell).join(' | ')} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
