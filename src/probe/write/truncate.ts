import { closureOf } from '../../access/role-closure.ts';
import { nameOf } from '../../catalog/lookup.ts';
import { assumeRole, assumeTruth, undone } from '../../postgres/impersonate.ts';
import { quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { type Attempt, attempt, describeFailure, isEnvironmental } from '../session.ts';
import type { Target } from '../target.ts';
import { chooseAttackers } from './attackers.ts';
import { withTriggers } from './live.ts';
import { ageless, readState, type State } from './state.ts';
import { scratch } from './transaction.ts';

export interface TruncateOfTarget {
  readonly target: Target;
  readonly subject: string;
  /** Rows of others, or shared ones, that are gone then. */
  readonly outcome: { readonly rows: number; readonly statement: string } | { readonly obstacle: string };
}

/** Empties every table on which the app role has the privilege, and looks at what is left. A trigger may still refuse it. */
export async function observeTruncates(run: RunInput): Promise<readonly TruncateOfTarget[]> {
  const live = withTriggers(run);
  const attackers = chooseAttackers(run);
  const observed: TruncateOfTarget[] = [];
  for (const target of run.targets) {
    if (!mayTruncate(run, target)) continue;
    run.progress(`TRUNCATE of ${target.name}`);
    for (const subject of await attackers.on(target)) {
      const outcome = await scratch(live, () => tryTruncate(live, target, subject));
      if (outcome === null) continue;
      observed.push({ target, subject, outcome });
      break;
    }
  }
  return observed;
}

/**
 * By a grant: whoever is exempt, or has the owner's rights, does the same by DELETE.
 * A table in which the application has no business holds rows of no tenant, as for the lint.
 */
function mayTruncate({ snapshot, session }: RunInput, { relation, intent, privileges }: Target): boolean {
  if (intent.tenancy === 'none') return false;
  const { exempt, has } = closureOf(snapshot, session.appRole);
  const stored = relation.relkind === 'r' || relation.relkind === 'p';
  const granted = privileges.usage && privileges.truncate && !privileges.truthBound;
  return stored && granted && !exempt && !has.has(relation.relowner);
}

/** Null where there is no row of others to lose. */
async function tryTruncate(
  run: RunInput,
  target: Target,
  subject: string,
): Promise<TruncateOfTarget['outcome'] | null> {
  const before = await attempt(() => readState(run, target, subject, ageless));
  if (!before.ok) return { obstacle: `The truth could not be read: ${describeFailure(before.failure)}.` };
  if (notOwn(before.value) === 0) return null;
  const plain = `truncate ${quoteQualified(nameOf(target.relation))}`;
  for (const statement of [plain, `${plain} cascade`]) {
    const after = await truncated(run, target, subject, statement);
    if (after.ok) return { rows: notOwn(before.value) - notOwn(after.value), statement };
    if (isEnvironmental(after.failure)) return { obstacle: `${describeFailure(after.failure)}.` };
    // Only where other tables point at it there is more to try.
    if (after.failure.sqlstate !== '0A000') break;
  }
  return { rows: 0, statement: plain };
}

function notOwn({ foreign, shared }: State): number {
  return foreign + shared;
}

async function truncated(run: RunInput, target: Target, subject: string, statement: string): Promise<Attempt<State>> {
  const { client, appRole, truthRole } = run.session;
  return await undone(client, () =>
    attempt(async () => {
      await assumeRole(client, appRole, run.contextOf(subject));
      await client.query(statement);
      await assumeTruth(client, truthRole);
      return await readState(run, target, subject, ageless);
    }),
  );
}
