/** One setting, as convict takes it, with our own strict kind in place of convict's loose conversions. */
import type { Kind } from './kind.js';

export type Leaf<T> = {
  /** What it is, and what raising and lowering it costs. */
  readonly doc: string;
  readonly default: T;
  readonly env: string;
  /** The flag of `p2p start` that sets it. */
  readonly flag?: string;
  readonly kind: Kind<T>;
  /** convict's own check, which throws. */
  readonly format: (value: unknown) => void;
  /** What the default means where the value itself does not say it. */
  readonly defaultMeans?: string;
};

type Described<T> = Omit<Leaf<T>, 'format' | 'kind'>;

export function leaf<T>(kind: Kind<T>, described: Described<NoInfer<T>>): Leaf<T> {
  return {
    ...described,
    kind,
    format: (value) => {
      if (!kind.accepts(value)) throw new TypeError(`has to be ${kind.wants}`);
    },
  };
}

/** The values that a schema describes. */
export type Values<S> = {
  readonly [K in keyof S]: S[K] extends Leaf<infer T> ? T : Values<S[K]>;
};

/** The same with everything optional, which is what a user gives. */
export type Given<S> = {
  readonly [K in keyof S]?: (S[K] extends Leaf<infer T> ? T : Given<S[K]>) | undefined;
};
