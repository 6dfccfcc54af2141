import { granteesOf } from '../access/acl.ts';
import { asksForSecret, isDefiner, relationsNamedBy } from '../access/definer-body.ts';
import { closureOf } from '../access/role-closure.ts';
import { readsSetting } from '../access/setting-readers.ts';
import { nameOf } from '../catalog/lookup.ts';
import type { Relation, Routine } from '../catalog/snapshot.ts';
import type { FunctionRights } from '../model/model.ts';
import { formatQualified } from '../sql/ident.ts';
import { writtenName } from '../sql/written.ts';
import { appGrantees } from './grants.ts';
import { currentTenants, isMembership } from './membership.ts';
import { once } from './memo.ts';
import { isUnmanaged, type Situation, type TenantTable } from './situation.ts';
import { isWaived } from './waived.ts';

/** A function that the application may call, and that reads rows of tenants as its owner, whom no policy binds. */
export interface DefinerFunction {
  readonly routine: Routine;
  /** The tables of tenants that it names. */
  readonly tables: readonly string[];
  /**
   * - `asks`: it asks for the context itself, or for a secret that its caller must know, or tells a policy yes or no
   * - `open`: nothing of that is to be seen
   */
  readonly kind: 'asks' | 'open';
}

export const definerFunctions = once((situation: Situation): readonly DefinerFunction[] => {
  const { model, snapshot } = situation;
  const policed = new Set(snapshot.policies.flatMap(({ callsFunctions }) => callsFunctions));
  return snapshot.functions.flatMap((routine): DefinerFunction[] => {
    if (!isDefiner(routine) || !mayCall(situation, routine) || isOurs(situation, routine)) return [];
    const tables = openTables(situation, routine);
    if (tables.length === 0) return [];
    const asks =
      readsSetting(snapshot, model.context.setting, routine) ||
      asksForSecret(routine) ||
      (routine.rettype === 'boolean' && policed.has(routine.oid));
    return [{ routine, tables: tables.map((table) => formatQualified(nameOf(table))), kind: asks ? 'asks' : 'open' }];
  });
});

/** Those that nobody has decided on. */
export function undecidedFunctions(situation: Situation): readonly DefinerFunction[] {
  return definerFunctions(situation).filter(
    ({ routine, kind }) =>
      kind === 'open' &&
      !situation.rights.has(routine.oid) &&
      !isWaived(situation, 'function-definer', routine.signature),
  );
}

/** What the model says of a function that the database has, and that is not so yet. */
export function wantedRights(
  situation: Situation,
): readonly { readonly routine: Routine; readonly rights: FunctionRights }[] {
  return situation.snapshot.functions.flatMap((routine) => {
    const rights = situation.rights.get(routine.oid);
    const isOpen = rights === 'caller' ? routine.prosecdef : rights === 'none' && mayCall(situation, routine);
    return rights !== undefined && isOpen ? [{ routine, rights }] : [];
  });
}

/** The function that reads the memberships. */
function isOurs(situation: Situation, { nspname, proname, argtypes }: Routine): boolean {
  const name = writtenName({ schema: nspname, name: proname });
  return argtypes.length === 0 && situation.model.membership !== null && currentTenants(situation).name === name;
}

function mayCall(situation: Situation, { proacl, proowner, nspname }: Routine): boolean {
  const callers = granteesOf(proacl, appGrantees(situation), 'EXECUTE');
  return !isUnmanaged(situation, nspname) && callers.some((grantee) => grantee !== proowner);
}

function openTables(situation: Situation, routine: Routine): readonly Relation[] {
  const { exempt, has } = closureOf(situation.snapshot, routine.proowner);
  const byOid = new Map(situation.tables.map((tenant) => [tenant.relation.oid, tenant]));
  return relationsNamedBy(situation.snapshot, routine).flatMap(({ relation, onlyInserted }) => {
    const tenant = byOid.get(relation.oid);
    if (tenant === undefined || (onlyInserted && takesDefault(tenant, routine))) return [];
    // FORCE binds owners too, but for that of the memberships.
    const bound = !exempt && !(isMembership(situation, tenant) && has.has(relation.relowner));
    return bound ? [] : [relation];
  });
}

/** A new row that names no tenant gets that of the session. */
function takesDefault({ column }: TenantTable, { prosrc }: Routine): boolean {
  return column !== null && !prosrc.includes(column);
}
