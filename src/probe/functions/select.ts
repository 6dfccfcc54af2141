import { closureOf } from '../../access/role-closure.ts';
import { mayExecute } from '../../access/privileges.ts';
import { rowSecurityOf } from '../../access/row-security.ts';
import { asksWhose } from '../../access/setting-readers.ts';
import { relationsByOid } from '../../catalog/lookup.ts';
import type { Routine } from '../../catalog/snapshot.ts';
import type { Rule } from '../../domain/rule.ts';
import { functionDefiner } from '../../domain/rules/function-definer.ts';
import { isSecretName } from '../../domain/secrets.ts';
import { functionSetsContext } from '../../domain/rules/function-sets-context.ts';
import type { ListedCalls } from '../asked.ts';
import type { RunInput } from '../input.ts';
import { noninterference } from '../../domain/rules/noninterference.ts';
import { escapePattern } from '../../sql/mentions.ts';
import { withoutNullTests } from '../../sql/setting.ts';
import type { NotCalled } from '../noninterference/observable.ts';
import type { TenantTable } from '../noninterference/tables.ts';
import type { CallCatalog, Parameters } from './catalog.ts';
import type { Dependencies, Reach } from './dependencies.ts';

/** A function that is called. */
export interface Callable {
  readonly routine: Routine;
  readonly parameters: Parameters;
  readonly rule: Rule;
  readonly reach: Reach;
  readonly suspect: boolean;
  /** With arguments that are made up, beside those that the model lists. */
  readonly synthesised: boolean;
  readonly listed: ListedCalls | null;
}

/** The functions that the app role may call, without those of triggers. */
export function executableRoutines({ snapshot, session }: RunInput): readonly Routine[] {
  const closure = closureOf(snapshot, session.appRole);
  return snapshot.functions.filter(
    (routine) =>
      'fp'.includes(routine.prokind) && !routine.rettype.endsWith('trigger') && mayExecute(snapshot, closure, routine),
  );
}

/**
 * Which functions are called, and why the others are not. What is declared VOLATILE, as everything is of which nobody says
 * otherwise, is called only where the model lists it, or where its text does nothing but read.
 */
export function selectCallables(
  run: RunInput,
  routines: readonly Routine[],
  catalog: CallCatalog,
  dependencies: Dependencies,
  tables: readonly TenantTable[],
): { readonly callables: readonly Callable[]; readonly notCalled: readonly NotCalled[] } {
  const owned = new Set(tables.map(({ relation }) => relation.oid));
  const callables: Callable[] = [];
  const notCalled: NotCalled[] = [];
  for (const routine of routines) {
    const reach = dependencies.ofRoutine(routine);
    // Nothing that it reads belongs to anybody.
    if (!reach.dynamic && ![...reach.relations].some((oid) => owned.has(oid))) continue;
    const listed = run.listedCalls.find(({ oid }) => oid === routine.oid) ?? null;
    const parameters = catalog.parameters.get(routine.oid);
    // Who knows a secret is let in, and no value of one is made up.
    const secret = parameters?.names.some(isSecretName) === true;
    const exempt = !secret && [...reach.routines].some((called) => isExempt(run, called, reach, owned));
    // What calls that the model lists do is seen.
    const asks = reach.asksContext && (listed !== null || asksForMoreThanAny(run, routine));
    const suspect = exempt && !asks;
    const reason = whyNot(routine, parameters, dependencies.onlyReads(routine, catalog.volatileNames));
    if (parameters === undefined || (reason !== null && listed === null)) {
      const asksInPart = exempt && tables.some((table) => readsMoreThanOwn(routine, table));
      notCalled.push({
        object: routine.signature,
        reason: reason ?? 'it is not there any more',
        suspect: suspect || asksInPart,
      });
      continue;
    }
    const rule = ruleOfRoutine(run, routine);
    callables.push({ routine, parameters, rule, reach, suspect, synthesised: reason === null, listed });
  }
  return { callables, notCalled };
}

function whyNot(routine: Routine, parameters: Parameters | undefined, onlyReads: boolean): string | null {
  if (routine.prokind === 'p') return 'it is a procedure';
  if (parameters?.shapeless === true && routine.proretset) return 'it returns records without a declared shape';
  if (routine.lanname === 'c' || routine.lanname === 'internal') return `it is written in ${routine.lanname}`;
  return routine.provolatile === 'v' && !onlyReads ? 'it is VOLATILE' : null;
}

/** Whether a function reads one of the tenant tables as an owner whom row-level security does not bind. */
function isExempt({ snapshot }: RunInput, routine: Routine, reach: Reach, owned: ReadonlySet<number>): boolean {
  if (!routine.prosecdef) return false;
  const closure = closureOf(snapshot, routine.proowner);
  if (reach.dynamic && closure.exempt) return true;
  return [...reach.relations].some((oid) => {
    const relation = owned.has(oid) ? relationsByOid(snapshot).get(oid) : undefined;
    return relation !== undefined && ['exempt', 'owner'].includes(rowSecurityOf(closure, relation));
  });
}

/** Whether what asks for the context asks for more than whether there is one. */
function asksForMoreThanAny({ snapshot, contextOf }: RunInput, routine: Routine): boolean {
  const { prosrc } = routine;
  return (
    withoutNullTests(prosrc) === prosrc ||
    Object.keys(contextOf('')).some((setting) => asksWhose(snapshot, setting, routine))
  );
}

/** Whether the text reads a table more often than it says the column of its tenant: some of its rows are read whosever they are. */
function readsMoreThanOwn({ prosrc }: Routine, { relation, intent }: TenantTable): boolean {
  if (intent.tenantColumn === null) return false;
  const code = prosrc.replace(/--[^\n]*|\/\*[^]*?\*\//g, ' ');
  const reads = new RegExp(
    `\\b(?:from|join)\\s+(?:only\\s+)?(?:"?[\\w$]+"?\\s*\\.\\s*)?"?${escapePattern(relation.relname)}"?(?![\\w$"])`,
    'gi',
  );
  const deletes = code.replace(/\bdelete\s+from\b/gi, 'delete');
  const says = new RegExp(`(?<![\\w$])${escapePattern(intent.tenantColumn)}(?![\\w$])`, 'gi');
  return [...deletes.matchAll(reads)].length > [...code.matchAll(says)].length;
}

/** What a leak through a function is called. */
export function ruleOfRoutine({ contextOf }: Pick<RunInput, 'contextOf'>, { prosecdef, proconfig }: Routine): Rule {
  const settings = Object.keys(contextOf(''));
  const sets = proconfig.some((entry) =>
    settings.some((name) => entry.toLowerCase().startsWith(`${name.toLowerCase()}=`)),
  );
  if (sets) return functionSetsContext;
  return prosecdef ? functionDefiner : noninterference;
}
