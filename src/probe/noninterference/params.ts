import type { Param } from '../../model/model.ts';
import { formatIdent, formatQualified } from '../../sql/ident.ts';
import type { Values } from '../functions/values.ts';

/** Values of parameters, or why one has none. */
export type Resolved =
  { readonly ok: true; readonly values: readonly (string | null)[] } | { readonly ok: false; readonly reason: string };

/** What the parameters of the model mean for one subject. */
export function resolveParams(params: readonly Param[], values: Values): Resolved {
  const resolved: (string | null)[] = [];
  for (const param of params) {
    const value = valueOf(param, values);
    if (value === undefined) return { ok: false, reason: `There is no ${describe(param)} to pass.` };
    resolved.push(value);
  }
  return { ok: true, values: resolved };
}

function valueOf(param: Param, { rows, tenants }: Values): string | null | undefined {
  if (param.kind === 'literal') return param.value;
  if (param.kind === 'tenant') return tenants[param.whose][0];
  const { schema, name, column } = param.of;
  return rows
    .filter(
      ({ side, table: { relation } }) =>
        side === param.whose && relation.nspname === schema && relation.relname === name,
    )
    .map(({ row }) => row[column])
    .find((value) => value !== undefined && value !== null);
}

function describe(param: Param): string {
  if (param.kind === 'literal') return 'value';
  if (param.kind === 'tenant') return param.whose === 'own' ? "id of the subject's tenant" : 'id of another tenant';
  const column = `${formatQualified(param.of)}.${formatIdent(param.of.column)}`;
  const sides = { own: 'row of its own', foreign: 'row of others', shared: 'shared row' };
  return `${sides[param.whose]} with a value in ${column}`;
}
