import { nameOf, primaryKeyOf } from '../../catalog/lookup.ts';
import { formatIdent, quoteQualified } from '../../sql/ident.ts';
import { literalsIn } from '../../sql/literals.ts';
import { mentions } from '../../sql/mentions.ts';
import type { RunInput } from '../input.ts';
import type { ArgumentType, CallCatalog, Parameters } from './catalog.ts';
import type { SampleRow, Side, Values } from './values.ts';

/** A parameter of a call: its type in SQL, and what may be passed, the most telling first. */
export interface Parameter {
  readonly sql: string;
  readonly options: readonly (string | null)[];
}

/** What arguments are made of. */
export interface Ingredients {
  readonly run: Pick<RunInput, 'snapshot'>;
  readonly types: CallCatalog['types'];
  readonly values: Values;
  /** The function may make a statement of what it is given. */
  readonly dynamic: boolean;
  /** Its body. */
  readonly code: string;
}

/** Values of stored rows that are passed for one argument, and values in all. */
const [storedOptions, allOptions] = [8, 14];
/** Words of the function's own text. */
const saidOptions = 4;
/** Types that stand for a polymorphic one, besides the rows of some tables. */
const concreteTypes = ['text', 'bigint', 'uuid'];

/** The ways to pass a function's arguments: several where its types are open; none where a type takes no value from here. */
export function parametersOf(
  { names, types }: Parameters,
  ingredients: Ingredients,
): readonly (readonly Parameter[])[] {
  const typed = types.map((oid, index) => ({ name: normalName(names[index]), type: ingredients.types.get(oid) }));
  const open = typed.some(({ type }) => type?.typtype === 'p');
  const rowTypes = [...new Set(ingredients.values.rows.map(({ table }) => table))].slice(0, 2);
  const concretes = open
    ? [...concreteTypes, ...rowTypes.map(({ relation }) => quoteQualified(nameOf(relation)))]
    : [''];
  return concretes.flatMap((concrete) => {
    const parameters = typed.map(({ name, type }) => type && parameterOf(name, type, concrete, ingredients));
    return parameters.every((parameter) => parameter !== undefined) ? [parameters] : [];
  });
}

function parameterOf(
  name: string,
  type: ArgumentType,
  concrete: string,
  ingredients: Ingredients,
): Parameter | undefined {
  if (type.typtype !== 'p') {
    return { sql: type.name, options: distinct([...optionsOf(name, type, ingredients), null]).slice(0, allOptions) };
  }
  const element = concreteOptions(name, concrete, ingredients);
  if (/^any(compatible)?(element|nonarray)?$/.test(type.name) && type.name !== 'any') {
    return { sql: concrete, options: distinct([...element, null]) };
  }
  if (/^any(compatible)?array$/.test(type.name)) return { sql: `${concrete}[]`, options: arraysOf(element) };
  return undefined;
}

function concreteOptions(name: string, concrete: string, ingredients: Ingredients): readonly string[] {
  const whole = ingredients.values.rows.filter(({ table }) => quoteQualified(nameOf(table.relation)) === concrete);
  if (whole.length > 0) return whole.map((row) => row.whole);
  return scalarOptions(name, concrete, ingredients);
}

/** Values of a type, as PostgreSQL reads them. */
function optionsOf(name: string, type: ArgumentType, ingredients: Ingredients): readonly string[] {
  const of = (oid: number): readonly string[] => {
    const inner = ingredients.types.get(oid);
    return inner ? optionsOf(name, inner, ingredients) : [];
  };
  if (type.typtype === 'd') return of(type.typbasetype);
  if (type.typtype === 'e') return type.labels;
  if (type.typtype === 'r' || type.typtype === 'm') return type.typtype === 'r' ? ['(,)', 'empty'] : ['{(,)}', '{}'];
  if (type.typtype === 'c') {
    const rows = ingredients.values.rows.filter(({ table }) => table.relation.oid === type.typrelid);
    if (rows.length > 0) return rows.map(({ whole }) => whole);
    return composites(type.attributes.map(of));
  }
  if (type.typcategory === 'A' && type.typelem !== 0) return arraysOf(of(type.typelem));
  return scalarOptions(name, type.name, ingredients);
}

/** Composites of the first, the second and the third value of each attribute. */
function composites(attributes: readonly (readonly string[])[]): readonly string[] {
  return [0, 1, 2].map((nth) => `(${attributes.map((options) => quoteElement(options[nth] ?? options[0])).join(',')})`);
}

function arraysOf(elements: readonly string[]): readonly string[] {
  const [first, second] = elements;
  const lists = [
    elements.slice(0, storedOptions),
    ...[first, second].map((one) => (one === undefined ? [] : [one])),
    [],
  ];
  return distinct(lists.map((list) => `{${list.map(quoteElement).join(',')}}`));
}

/** Within an array or a composite nothing stands for NULL, and quotes keep all else together. */
function quoteElement(value: string | undefined): string {
  return value === undefined ? '' : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function scalarOptions(name: string, type: string, { run, values, dynamic, code }: Ingredients): readonly string[] {
  const family = familyOf(type);
  const scored = values.rows.flatMap((sample) =>
    sample.table.relation.columns.flatMap((column) => {
      const value = familyOf(column.type) === family ? sample.row[column.attname] : undefined;
      if (value === undefined || value === null) return [];
      return [
        {
          side: sample.side,
          value,
          score: scoreOf(run, name, sample, column.attname) || (isNamed(code, sample, column.attname) ? namedAlone : 0),
        },
      ];
    }),
  );
  const byScore = scored.toSorted((a, b) => b.score - a.score);
  const near = alternate(byScore.filter(({ score }) => score > keyAlone));
  const keys = alternate(byScore.filter(({ score }) => score === keyAlone));
  const named = alternate(scored.filter(({ score }) => score === namedAlone));
  const far = alternate(scored.filter(({ score }) => score === 0));
  const { foreign, own } = values.tenants;
  const tenants = [foreign[0], own[0]].filter((id) => id !== undefined && fitsFamily(id, family)) as string[];
  const ofTenant = /tenant|org|account|team|company|customer|workspace/.test(name);
  return distinct([
    ...(ofTenant ? tenants : []),
    ...near.slice(0, storedOptions),
    // Where no name says what it is the id of, it may be a tenant's.
    ...(family === 'uuid' ? tenants : []),
    ...(family === 'text' ? saidIn(code) : []),
    ...keys.slice(0, storedOptions),
    ...(/^jsonb?$/.test(family) ? values.rows.slice(0, storedOptions).map(({ row }) => JSON.stringify(row)) : []),
    ...genericOptions(family, name),
    ...named.slice(0, storedOptions / 2),
    ...(dynamic && family === 'text' ? [...injections, ...wholeQueries(values)] : []),
    ...tenants,
    ...(family === 'text' ? tableNames(values) : []),
    ...far.slice(0, storedOptions),
  ]);
}

/** Words in quotes, for which a function may wait. */
function saidIn(code: string): readonly string[] {
  return literalsIn(code)
    .filter((word) => /^[\w.:@-]+$/.test(word))
    .slice(0, saidOptions);
}

/** One of each side before a second of any: foreign ones first. */
function alternate(scored: readonly { readonly side: Side; readonly value: string }[]): readonly string[] {
  const of = (side: Side) => distinct(scored.filter((one) => one.side === side).map(({ value }) => value));
  const [foreign, own, shared] = [of('foreign'), of('own'), of('shared')];
  const length = Math.max(foreign.length, own.length, shared.length);
  return Array.from({ length }, (_, nth) => [foreign[nth], own[nth], shared[nth]])
    .flat()
    .filter((value) => value !== undefined);
}

/** What a primary key is worth of whose table an argument's name says nothing. */
const keyAlone = 1;
/** What a column is worth that the function names, with its table: an argument may be searched for in it. */
const namedAlone = 0.5;

function isNamed(code: string, { table }: SampleRow, column: string): boolean {
  return mentions(code, table.intent.name) && mentions(code, column);
}

/** How well a column's name fits an argument's: `note_id` is the id of notes. */
function scoreOf({ snapshot }: Ingredients['run'], name: string, { table }: SampleRow, column: string): number {
  // A partition is asked for by the name of the table that it is a part of.
  const relname = table.intent.name;
  const singular = relname.replace(/ies$/, 'y').replace(/s$/, '');
  if (name === `${singular}_${column}` || name === `${relname}_${column}`) return 4;
  if (name === column.toLowerCase()) return 3;
  if (name.endsWith(`_${column}`) || column.endsWith(`_${name}`)) return 2;
  if (!primaryKeyOf(snapshot, table.relation).includes(column)) return 0;
  return name.length >= 3 && relname.startsWith(name) ? 2 : keyAlone;
}

/** What ends a string, or a condition, that a statement puts together without quoting what it is given. */
const injections = ["' or true --", 'true or true', 'true or true --'];

/** For what runs whatever statement it is given. */
function wholeQueries({ rows }: Values): readonly string[] {
  const [table] = rows.map((row) => row.table);
  if (table === undefined) return [];
  const from = `from ${quoteQualified(nameOf(table.relation))} t`;
  return [`select row(t.*)::pg_catalog.text ${from}`, `select pg_catalog.to_jsonb(t.*) ${from}`];
}

function genericOptions(family: string, name: string): readonly string[] {
  if (family === 'integer') return /offset|skip|page/.test(name) ? ['0', '1'] : ['100', '0', '-1'];
  if (family === 'text') return ['', '%'];
  if (family === 'boolean') return ['true', 'false'];
  if (/^(date|timestamp)/.test(family)) return ['-infinity', 'infinity'];
  if (/^jsonb?$/.test(family)) return ['{}', '[]'];
  if (family === 'interval') return ['100 years', '0'];
  return [];
}

/** A function may take the name of what it reads. */
function tableNames({ rows }: Values): readonly string[] {
  const tables = [...new Set(rows.map(({ table }) => table))].slice(0, 3);
  return tables.flatMap(({ name, relation }) => [formatIdent(relation.relname), name]);
}

function familyOf(type: string): string {
  const base = type.replace(/\(.*?\)/, '').replace(/^.*\.(?=citext$)/, '');
  if (/^(smallint|integer|bigint|numeric|real|double precision|oid)$/.test(base)) return 'integer';
  return /^(text|character varying|character|name|citext|regclass)$/.test(base) ? 'text' : base;
}

function fitsFamily(id: string, family: string): boolean {
  if (family === 'integer') return /^-?\d+$/.test(id);
  if (family === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  return family === 'text';
}

/** `p_note_id`, `_note_id` and `in_note_id` mean a note's id. */
function normalName(name = ''): string {
  return name.toLowerCase().replace(/^(p|in|v|arg|the|passed_in)_|^_+|_+$/g, '');
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
