import type { Routine } from '../../catalog/snapshot.ts';
import { quoteLiteral, quoteQualified } from '../../sql/ident.ts';
import { type Ingredients, type Parameter, parametersOf } from './arguments.ts';
import type { Parameters } from './catalog.ts';

/** A call of a function, as an item of FROM. */
export interface Call {
  readonly from: string;
  /** The call alone, with its parameters. */
  readonly call: string;
  readonly values: readonly (string | null)[];
  /** For people. */
  readonly text: string;
}

/** Calls of one function for one subject. */
const mostCalls = 40;

/** Calls with arguments that are made up from types, names and stored values; none where a type takes no value from here. */
export function synthesisedCalls(
  routine: Routine,
  parameters: Parameters,
  ingredients: Omit<Ingredients, 'code'>,
): readonly Call[] {
  const ways = parametersOf(parameters, { ...ingredients, code: routine.prosrc });
  const each = Math.max(4, Math.floor(mostCalls / Math.max(1, ways.length)));
  return ways.flatMap((way) => {
    const required = way.slice(0, way.length - routine.pronargdefaults);
    // A parameter that is left out takes its default, unless the array of a VARIADIC one is passed as such.
    const shorter = routine.pronargdefaults > 0 && !parameters.variadic ? [required] : [];
    return [way, ...shorter].flatMap((passed) =>
      combinations(passed, each).map((values) => callOf(routine, parameters.variadic, passed, values)),
    );
  });
}

export function callOf(
  { nspname, proname, rettype, proretset }: Routine,
  variadic: boolean,
  parameters: readonly Pick<Parameter, 'sql'>[],
  values: readonly (string | null)[],
): Call {
  const name = quoteQualified({ schema: nspname, name: proname });
  const write = (value: (index: number) => string): string => {
    const list = parameters.map(({ sql }, index) => {
      const keyword = variadic && index === parameters.length - 1 ? 'variadic ' : '';
      return `${keyword}${value(index)}::${sql}`;
    });
    return `${name}(${list.join(', ')})`;
  };
  const literal = (index: number): string => {
    const value = values[index] ?? null;
    return value === null ? 'null' : quoteLiteral(value).trim();
  };
  const call = write((index) => `$${index + 1}`);
  // In FROM a record would need columns that nobody declared.
  const from = rettype === 'record' && !proretset ? `(select ${call} as result) t` : `${call} t`;
  return { from, call, values, text: write(literal) };
}

/** All combinations of the first options, as many as there is room for; then each option beside the first of the others. */
function combinations(parameters: readonly Parameter[], most: number): readonly (readonly (string | null)[])[] {
  if (parameters.length === 0) return [[]];
  const depth = Math.max(1, Math.floor((most * 0.6) ** (1 / parameters.length)));
  const full = parameters.reduce<(string | null)[][]>(
    (lists, { options }) => lists.flatMap((list) => options.slice(0, depth).map((option) => [...list, option])),
    [[]],
  );
  const longest = Math.max(...parameters.map(({ options }) => options.length));
  const at = ({ options }: Parameter, nth: number): string | null => options[nth % options.length] ?? null;
  const rest = Array.from({ length: longest }, (_, nth) => [
    parameters.map((parameter) => at(parameter, nth)),
    ...parameters.map((_parameter, varied) =>
      parameters.map((parameter, index) => at(parameter, index === varied ? nth : 0)),
    ),
  ]).flat();
  const distinct = new Map([...full, ...rest].map((values) => [JSON.stringify(values), values]));
  return [...distinct.values()].slice(0, most);
}
