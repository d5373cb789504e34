/** What the build puts in: components, and the routes of the local API. */
declare module '*.svelte' {
  export { SvelteComponent as default } from 'svelte';
}
declare module 'virtual:operations' {
  export const operations: typeof import('#src/api/operations.js')['operations'];
}
