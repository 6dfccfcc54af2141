import { lastName, nodesOf } from './tree.ts';

/** Functions of PostgreSQL, and of extensions that make ids, that answer anew for each row. */
export const volatileFunctions: ReadonlySet<string> = new Set(
  `clock_timestamp currval gen_random_uuid lastval nextval random random_normal setseed setval timeofday uuidv4 uuidv7
   uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4`.split(/\s+/),
);

/** Functions of PostgreSQL that defaults are made of and that answer the same for all rows of a statement. */
export const steadyFunctions: ReadonlySet<string> = new Set(
  `abs age array_fill array_to_string btrim ceil chr concat concat_ws convert_from convert_to current_database
   current_schema current_setting date_part date_trunc daterange decode encode extract floor format inet_client_addr
   initcap int4range int8range json_build_array json_build_object jsonb_build_array jsonb_build_object left length lower
   lpad make_date make_interval make_timestamp make_timestamptz md5 now numrange pg_backend_pid power repeat replace right
   round row_to_json rpad sha256 split_part statement_timestamp string_to_array substr substring timezone to_char to_date
   to_json to_jsonb to_number to_timestamp to_tsvector transaction_timestamp translate trunc tsrange tstzrange
   txid_current upper version`.split(/\s+/),
);

/**
 * Whether an expression is one value for all rows of a statement, or each row's own.
 *
 * @param isVolatile what is known of a function that the server does not bring along
 */
export function evaluatedPerRow(
  expression: unknown,
  isVolatile: (name: string) => boolean | undefined = () => undefined,
): 'never' | 'maybe' | 'always' {
  const answers = nodesOf({ expression }).flatMap(({ tag, value }) => {
    if (tag !== 'FuncCall') return [];
    const name = lastName(value['funcname']) ?? '';
    if (volatileFunctions.has(name)) return [true];
    return steadyFunctions.has(name) ? [] : [isVolatile(name)];
  });
  if (answers.includes(true)) return 'always';
  return answers.includes(undefined) ? 'maybe' : 'never';
}
