import { checkOf, type Command, effectivePolicies, usingOf } from '../../access/policies.ts';
import { closureOf } from '../../access/role-closure.ts';
import { findColumn, findRelation } from '../../catalog/lookup.ts';
import type { RunInput } from '../input.ts';
import { describeFailure, type Failure } from '../session.ts';
import type { Target } from '../target.ts';
import { isQuiet } from './live.ts';
import type { Material } from './material.ts';
import { insertableColumns, insertStatement } from './statements.ts';
import { refusalOf, type Stage, tryStatement } from './try.ts';

/** A bit of `pg_trigger.tgtype`. */
const insert = 4;

/** Why a refused INSERT proves nothing, or null where it does. */
export type InsertControl = () => Promise<string | null>;

/** The positive control of INSERT: one's own row must pass, unless no policy lets any row pass. It is tried once. */
export function insertControl(run: RunInput, stage: Stage, { own }: Material): InsertControl {
  let known: Promise<string | null> | undefined;
  const tryOwn = async (): Promise<string | null> => {
    if (stage.target.intent.tenancy === 'shared' || !lets(run, stage.target, 'insert')) return null;
    if (own.length === 0) return 'There is no row of its own to try INSERT with.';
    const failures: Failure[] = [];
    for (const { row } of own) {
      const tried = await tryStatement(run, stage, insertStatement(run, stage.target, row));
      if (tried.ok || refusalOf(tried.failure) === 'constraint') return null;
      failures.push(tried.failure);
    }
    const [first] = failures;
    const why = first ? describeFailure(first) : '';
    return `INSERT of a copy of its own row is refused too, so that refusing a foreign one proves nothing: ${why}.`;
  };
  return () => (known ??= tryOwn());
}

/** Whether a permissive policy may let the app role run a command on the stored table: without one the answer is no for every row. */
export function lets({ snapshot, session }: RunInput, target: Target, command: Command): boolean {
  const base = findRelation(snapshot, target.truth.from);
  if (!base?.relrowsecurity) return true;
  const { permissive } = effectivePolicies(snapshot, closureOf(snapshot, session.appRole), base, command);
  return permissive.some((policy) => (command === 'insert' ? checkOf : usingOf)(policy) !== 'false');
}

/**
 * Whether no row that an INSERT through the relation makes is anybody's: the tenant column is out of its reach, and neither a
 * default nor code says a tenant. A policy that refuses all such rows, one's own copies too, refuses them for having none.
 */
export function storesNobodysRows(run: RunInput, target: Target): boolean {
  const { tenantColumn, from } = target.truth;
  const base = findRelation(run.snapshot, from);
  const column = tenantColumn === null || base === undefined ? undefined : findColumn(base, tenantColumn);
  // Neither a default, nor a generated value, nor a sequence of its own.
  const isBare = column?.default === null && column.attgenerated === '' && column.attidentity === '';
  const isOpen = insertableColumns(run, target).some(({ attname }) => attname === tenantColumn);
  return isBare && !isOpen && !codeWrites(run, target);
}

/** Whether triggers have a hand in what an INSERT through the relation stores. */
export function codeWrites(run: RunInput, target: Target): boolean {
  const instead = 64;
  return (
    triggersMayRewrite(run, target) ||
    run.snapshot.triggers.some(
      ({ tgrelid, tgtype }) => tgrelid === target.relation.oid && (tgtype & instead) !== 0 && (tgtype & insert) !== 0,
    )
  );
}

/** Where triggers fire, a BEFORE trigger may have made the row one's own before the policy looked at it. */
export function triggersMayRewrite(run: RunInput, target: Target): boolean {
  const base = findRelation(run.snapshot, target.truth.from);
  const beforeRow = 1 | 2;
  const firing = isQuiet(run) ? 'AR' : 'AO';
  return run.snapshot.triggers.some(
    ({ tgrelid, tgtype, tgenabled }) =>
      tgrelid === base?.oid && (tgtype & beforeRow) === beforeRow && firing.includes(tgenabled),
  );
}
