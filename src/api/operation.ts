/** What an operation of the local API is: where it is found, and what it takes. What it does is `src/peer/web/`. */
import { type Static, type TObject, Type } from 'typebox';

/** Below this lie all operations; a change that breaks a program needs another number. */
export const API_ROOT = '/api/v1';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export type Operation<Input extends TObject = TObject> = {
  readonly method: Method;
  /** Below `API_ROOT`; `:field` is a field of the input, percent-encoded. The other fields are the query of a GET or DELETE, else a JSON body. */
  readonly path: string;
  readonly about: string;
  /** The commands of the terminal that do this. */
  readonly commands: readonly string[];
  readonly input: Input;
  /** Answers a list, of which `offset` and `limit` choose a part; the answer says how many there are. */
  readonly isList?: true;
  /** The end of the peer is its answer. */
  readonly endsPeer?: true;
  /** Its answer is text, as Prometheus reads it. */
  readonly isText?: true;
  /** Its answer is bytes, not JSON. */
  readonly isBytes?: true;
  /** Its body is bytes, not JSON. */
  readonly takesBytes?: true;
};

/** What an operation is asked with, by its declaration. */
export type InputOf<O extends Operation> = Static<O['input']>;

/** A part of a list, as it is answered. */
export type Page<Row> = {
  readonly items: readonly Row[];
  /** How many there are in all. */
  readonly total: number;
};

/** Rows in one answer at most: a few hundred kilobytes (25 MB where all are the longest messages, of nothing but control characters), which hold up nobody. */
export const MOST_ROWS = 1000;

/** Texts are bounded by what they may mean; this keeps a query from being a novel. */
const MOST_TEXT = 8192;

export function text(description: string) {
  return Type.String({ description, minLength: 1, maxLength: MOST_TEXT });
}

export function optionalText(description: string) {
  return Type.Optional(Type.String({ description, maxLength: MOST_TEXT }));
}

export function optionalFlag(description: string) {
  return Type.Optional(Type.Boolean({ description }));
}

export function optionalWhole(least: number, most: number, description: string) {
  return Type.Optional(Type.Integer({ description, minimum: least, maximum: most }));
}

/** Carried by the events that answer, as `ref`. */
export const REF = optionalText('comes back as `ref` in the events that answer');

/** Which part of a list. */
export const PART = {
  offset: optionalWhole(0, Number.MAX_SAFE_INTEGER, 'how many rows to leave out: 0 unless told'),
  limit: optionalWhole(0, MOST_ROWS, `how many rows at most: ${MOST_ROWS} unless told`),
};

/** Anything else is refused by name. */
export function fields<P extends Parameters<typeof Type.Object>[0]>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

export function oneOf<const W extends readonly string[]>(words: W, description: string) {
  return Type.Unsafe<W[number]>({ type: 'string', enum: words, description });
}
