import { isDefiner } from '../../access/definer-body.ts';
import { granteesOf } from '../../access/acl.ts';
import { mayUse } from '../../access/matrix.ts';
import { sequencePrivileges } from '../../access/privileges.ts';
import { findColumn } from '../../catalog/lookup.ts';
import type { Sequence } from '../../catalog/snapshot.ts';
import { formatQualified, parseDotted, quoteQualified } from '../../sql/ident.ts';
import { mentions } from '../../sql/mentions.ts';
import type { LintInput, Modelled } from '../input.ts';
import type { LintRule, Observed } from '../rule.ts';
import { objectOf, quotedGrantee } from '../wording.ts';

export const sequenceReadable: LintRule = {
  id: 'sequence-readable',
  severity: 'warning',
  summary: 'The app role can read the sequence that numbers the rows of a tenant table.',
  help: "Its last value is the total of all tenants: read twice, it tells how much the others do. Revoke SELECT, and USAGE where no insert needs it: an identity column needs none, a serial's default needs USAGE, which shows the value through pg_sequences too. Random ids tell nothing.",
  examples: [
    {
      bad: `alter table app.notes add column number bigint generated always as identity;
grant select on sequence app.notes_number_seq to app_user;`,
    },
    {
      bad: `alter table app.notes add column number bigint generated always as identity;
grant usage on sequence app.notes_number_seq to app_user;`,
    },
    {
      bad: `create sequence app.numbers;
alter table app.notes add column number bigint default nextval('app.numbers');
grant update on sequence app.numbers to app_user;`,
    },
    {
      bad: `alter table app.notes add column number bigint generated always as identity;
create function app.how_many() returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select last_value from app.notes_number_seq';`,
      good: 'drop function app.how_many();',
    },
  ],
  *check(input) {
    const { snapshot, commonTables, access } = input;
    const { closure } = access;
    if (closure.exempt) return;
    const fed = new Map(commonTables.map((table) => [table.relation.oid, table]));
    for (const sequence of snapshot.sequences) {
      const table =
        sequence.ownedByRelation === null ? numbered(commonTables, sequence) : fed.get(sequence.ownedByRelation);
      if (table === undefined || closure.has.has(sequence.relowner)) continue;
      yield* judged(input, sequence, table);
      yield* toldBy(input, sequence, table);
    }
  },
};

/** Functions that tell of a sequence with their owner's rights. */
function* toldBy(
  { access, role }: LintInput,
  { nspname, relname }: Sequence,
  { relation }: Modelled,
): Generator<Observed> {
  for (const routine of access.functions) {
    if (!isDefiner(routine) || !/\blast_value\b|\bpg_sequence/i.test(routine.prosrc)) continue;
    if (!mentions(routine.prosrc, relname)) continue;
    yield {
      object: routine.signature,
      message: `${role} may call it, and it reads ${formatQualified({ schema: nspname, name: relname })}, which counts the rows of all tenants in ${objectOf(relation)}`,
      fix: `alter routine ${routine.signature} security invoker;`,
    };
  }
}

/** UPDATE advances it too, or sets it back. */
const excessive = ['SELECT', 'USAGE', 'UPDATE'] as const;

/** The table whose default takes from a sequence that is no column's own. */
function numbered(tables: readonly Modelled[], { nspname, relname }: Sequence): Modelled | undefined {
  return tables.find(({ relation }) =>
    relation.columns.some(({ default: preset }) => {
      const [, written = ''] = /\bnextval\('((?:[^']|'')+)'::regclass\)/.exec(preset ?? '') ?? [];
      const [name, schema = nspname] = (parseDotted(written.replaceAll("''", "'")) ?? []).toReversed();
      return name === relname && schema === nspname;
    }),
  );
}

function* judged({ snapshot, access, role }: LintInput, sequence: Sequence, table: Modelled): Generator<Observed> {
  const granted = sequencePrivileges(snapshot, access.closure, sequence);
  const feeds = sequence.ownedByColumn === null ? undefined : findColumn(table.relation, sequence.ownedByColumn);
  const serial = (feeds?.attidentity ?? '') === '' && mayUse(table.access, 'insert');
  const readable = granted.has('SELECT');
  const excess = excessive.filter((one) => granted.has(one) && !(serial && one === 'USAGE'));
  if (excess.length === 0 && !granted.has('USAGE')) return;
  const name = { schema: sequence.nspname, name: sequence.relname };
  const fix = excess.flatMap((privilege) =>
    granteesOf(sequence.relacl, access.closure.has, privilege).map(
      (grantee) =>
        `revoke ${privilege.toLowerCase()} on sequence ${quoteQualified(name)} from ${quotedGrantee(grantee)};`,
    ),
  );
  yield {
    object: formatQualified(name),
    message: `${role} ${readable ? 'may read it' : 'may use it, and so see its last value'}: it counts the rows of all tenants in ${objectOf(table.relation)}`,
    ...(fix.length === 0 ? { severity: 'info' as const } : { fix: fix.join('\n') }),
  };
}
