import type { Routine } from '../../catalog/snapshot.ts';
import type { Param } from '../../model/model.ts';
import { type Call, callOf } from '../functions/calls.ts';
import type { CallCatalog, Parameters } from '../functions/catalog.ts';
import type { Values } from '../functions/values.ts';
import { resolveParams } from './params.ts';

/** A call that the model lists, with the values of one subject; or why one of them is missing. */
export function listedCall(
  routine: Routine,
  { types: oids, variadic }: Parameters,
  types: CallCatalog['types'],
  params: readonly Param[],
  values: Values,
): { readonly ok: true; readonly call: Call } | { readonly ok: false; readonly reason: string } {
  const resolved = resolveParams(params, values);
  if (!resolved.ok) return resolved;
  const passed = oids.slice(0, params.length).map((oid) => ({ sql: types.get(oid)?.name ?? 'text' }));
  return { ok: true, call: callOf(routine, variadic && params.length === passed.length, passed, resolved.values) };
}
