/** How a peer stands in the mesh, as it announces it: a claim that helps to choose neighbours, and is true of nobody. */
export type Standing = {
  /** How many neighbours it has. */
  readonly load: number;
  /** A short mark of the network it belongs to, where one was torn in two; 0 as long as it does not know. */
  readonly component: number;
};

/** Of who has just begun. */
export const NO_STANDING: Standing = { load: 0, component: 0 };
