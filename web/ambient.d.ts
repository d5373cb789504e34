/** What the build puts in: components, and the routes of the local API. */
declare module '*.svelte' {
  export { SvelteComponent as default } from 'svelte';
}
declare module 'virtual:operations' {
  type Id = import('#web/api/answers.js').AskedId;
  type Operation = import('#src/api/operation.js').Operation;
  export const operations: Readonly<Record<Id, Operation>>;
}
