import { mayUse } from '../../access/matrix.ts';
import { derived, groupBy } from '../../catalog/derived.ts';
import type { CatalogSnapshot, Relation, Routine } from '../../catalog/snapshot.ts';
import { primaryKeyOf } from '../../catalog/lookup.ts';
import { formatIdent } from '../../sql/ident.ts';
import { mentions } from '../../sql/mentions.ts';
import type { LintInput } from '../input.ts';
import {
  codeOf,
  relationsNamed,
  routinesByOid,
  routinesCalled,
  type TableReference,
  triggersByTable,
} from '../reads.ts';
import type { LintRule, Observed } from '../rule.ts';
import { listed, objectOf, quoted } from '../wording.ts';

export const triggerCopiesOut: LintRule = {
  id: 'trigger-copies-out',
  severity: 'error',
  summary: "A trigger or a rule copies tenants' rows to where every tenant may read them.",
  help: 'An audit or roll-up table holds what the tenants wrote, and no policy keeps them apart there; a counter for all tells each how much the others do. Give it a tenant column, row-level security and a policy, and a place in the model; or take SELECT from the application. Every session may LISTEN to a channel: send ids alone, and let the listener read the row.',
  examples: [
    {
      bad: `create table app.audit (at timestamptz not null default now(), entry jsonb not null);
grant select on app.audit to app_user;
create function app.audit() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into app.audit (entry) values (to_jsonb(new));
  return new;
end $$;
create trigger audit after insert or update on app.notes for each row execute function app.audit();`,
    },
    {
      bad: `create function app.tell() returns trigger language plpgsql as $$
begin
  perform pg_notify('notes', row_to_json(new)::text);
  return null;
end $$;
create trigger tell after insert on app.notes for each row execute function app.tell();`,
      good: 'drop trigger tell on app.notes;',
    },
    {
      bad: `create table app.log (body text);
grant select on app.log to app_user;
create function app.copy() returns trigger language plpgsql security definer set search_path = app, pg_temp as $$
begin
  execute format('insert into %I values ($1)', 'log') using new.body;
  return new;
end $$;
create trigger copy after insert on app.notes for each row execute function app.copy();`,
      good: 'revoke select on app.log from app_user;',
    },
    {
      bad: `create table app.totals (notes bigint not null);
insert into app.totals values (0);
grant select on app.totals to app_user;
create function app.count_notes() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update app.totals set notes = notes + 1;
  return null;
end $$;
create trigger count_notes after insert on app.notes for each row execute function app.count_notes();`,
      good: 'revoke select on app.totals from app_user;',
    },
    {
      bad: `create table app.journal (entry jsonb);
grant select on app.journal to app_user;
create function app.keep(kept jsonb) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into app.journal (entry) values (kept);
end $$;
create function app.journal() returns trigger language plpgsql as $$
declare
  entry jsonb := to_jsonb(new);
begin
  perform app.keep(entry);
  return null;
end $$;
create trigger journal after insert on app.notes for each row execute function app.journal();`,
      good: 'revoke select on app.journal from app_user;',
    },
    {
      bad: `create table app.imports (entry jsonb);
grant select on app.imports to app_user;
create function app.imported() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  one record;
begin
  for one in select * from added loop
    insert into app.imports (entry) values (to_jsonb(one));
  end loop;
  return null;
end $$;
create trigger imported after insert on app.notes referencing new table as added for each statement execute function app.imported();`,
      good: 'revoke select on app.imports from app_user;',
    },
    {
      bad: `create table app.changes (id uuid, body text);
grant select on app.changes to app_user;
create rule keep as on update to app.notes do also insert into app.changes values (old.id, old.body);`,
      good: 'revoke select on app.changes from app_user;',
    },
  ],
  *check(input) {
    const { snapshot } = input;
    for (const { relation } of input.commonTables) {
      for (const { tgname, tgenabled, tgfoid, isOfParent, definition } of triggersByTable(snapshot).get(relation.oid) ??
        []) {
        const routine = routinesByOid(snapshot).get(tgfoid);
        if (routine === undefined || tgenabled === 'D' || isOfParent) continue;
        if (notifies(routine, relation, input))
          yield {
            object: `${objectOf(relation)}.${formatIdent(tgname)}`,
            aspect: 'notify',
            severity: 'warning',
            message: 'it sends what rows hold over a channel, to which every session may listen',
          };
        yield* copies(
          input,
          `${objectOf(relation)}.${formatIdent(tgname)}`,
          statementsBehind(snapshot, routine, transitionTables(definition)),
        );
      }
    }
    const views = snapshot.relations.filter(({ relkind }) => relkind === 'v');
    for (const relation of [...input.commonTables.map(({ relation }) => relation), ...views]) {
      for (const { rulename, ev_enabled, definition } of rulesByTable(snapshot).get(relation.oid) ?? []) {
        if (ev_enabled === 'D') continue;
        yield* copies(input, `${objectOf(relation)}.${formatIdent(rulename)}`, statementsOfRule(definition));
      }
    }
  },
};

const rulesByTable = derived(({ rules }) => groupBy(rules, ({ ev_class }) => ev_class));

function* copies(input: LintInput, object: string, said: readonly Said[]): Generator<Observed> {
  const { copied, counted } = targetsOf(input, said);
  if (counted.length > 0) {
    yield {
      object,
      aspect: 'counter',
      severity: 'warning',
      message: `it changes ${listed(counted.map(objectOf))}, which every tenant may read: that shows when and how much others write`,
    };
  }
  if (copied.length === 0) return;
  const unbound = copied.filter((target) => !isShared(input, target));
  yield {
    object,
    message: `it writes into ${listed(copied.map(objectOf))}, which ${input.role} may read ${unbound.length > 0 ? 'without row-level security' : 'for every tenant'}`,
    ...(unbound.length > 0 && {
      fix: unbound
        .map(
          (target) =>
            `alter table ${quoted(target)} enable row level security;\nalter table ${quoted(target)} force row level security;`,
        )
        .join('\n'),
    }),
  };
}

/** The tables open to all that statements put the row into, as far as their text says, and those that they but change. */
function targetsOf(
  input: LintInput,
  said: readonly Said[],
): { readonly copied: readonly Relation[]; readonly counted: readonly Relation[] } {
  const written = { copied: new Set<Relation>(), counted: new Set<Relation>() };
  for (const { statement, hasRow } of said) {
    const change = changeBy(statement);
    const puts = hasRow && change.verb !== 'delete';
    // A new row that tells nothing of the one that was written, such as a job, is no number that others share.
    if (!puts && change.verb === 'insert' && !/\bon\s+conflict\b/i.test(statement)) continue;
    for (const target of change.tables.flatMap((table) => relationsNamed(input.snapshot, table))) {
      if (isOpen(input, target)) written[puts ? 'copied' : 'counted'].add(target);
    }
  }
  return {
    copied: [...written.copied],
    counted: [...written.counted].filter((target) => !written.copied.has(target)),
  };
}

interface Said {
  readonly statement: string;
  /** Whether it says anything of the row that was written. */
  readonly hasRow: boolean;
}

/** The statements of a trigger's function, and of the functions that it calls, at any depth. */
function statementsBehind(snapshot: CatalogSnapshot, trigger: Routine, written: readonly string[]): readonly Said[] {
  const said: Said[] = [];
  const visited = new Set<string>();
  const visit = (routine: Routine, given: readonly string[]): void => {
    const key = `${routine.oid} ${given.length}`;
    if (visited.has(key)) return;
    visited.add(key);
    const row = new Set(given.map((name) => name.toLowerCase()));
    for (const statement of codeOf(routine).split(';')) {
      const hasRow = [...row].some((name) => mentions(statement.toLowerCase(), name));
      said.push({ statement, hasRow });
      if (hasRow) for (const name of variablesSet(statement)) row.add(name.toLowerCase());
      for (const called of routinesCalled(snapshot, statement)) {
        const places = called.argtypes.map((_, at) => `$${at + 1}`);
        visit(called, hasRow ? [...called.argnames.filter((name) => name !== ''), ...places] : []);
      }
    }
  };
  visit(trigger, ['new', 'old', ...written]);
  return said;
}

/** What a trigger calls the rows of a whole statement, in its definition as `pg_get_triggerdef` prints it. */
function transitionTables(definition: string): readonly string[] {
  const [, list = ''] = /\sREFERENCING\s+(.+?)\s+FOR EACH\s/.exec(definition) ?? [];
  return [...list.matchAll(/\bTABLE AS ("(?:[^"]|"")+"|\S+)/g)].map(([, name = '']) => name.replace(/^"|"$/g, ''));
}

/** The actions of a rule, as `pg_get_ruledef` prints it: CREATE RULE … ON … TO … DO … */
function statementsOfRule(definition: string): readonly Said[] {
  const actions = definition.replace(/^[^]*?\sDO\s+(?:INSTEAD\s+)?/, '');
  return actions.split(';').map((statement) => ({ statement, hasRow: /\b(new|old)\b/i.test(statement) }));
}

/** The variables that a statement of plpgsql gives a value. */
function variablesSet(statement: string): readonly string[] {
  const patterns = [
    /(?:^|\b(?:declare|begin|then|else|loop)\b)\s*([\w$]+)(?:\s+[\w$.%[\]]+(?:\s*\([\d, ]*\))?)?\s*(?::=|\bdefault\b)/i,
    /(?:^|\b(?:begin|then|else|loop)\b)\s*([\w$]+)\s*=/i,
    /(?<!\b(?:insert|merge)\s+)\binto\s+(?:strict\s+)?([\w$]+)/i,
    /\bfor(?:each)?\s+([\w$]+)\s+(?:slice\s+\d+\s+)?in\b/i,
  ];
  return patterns.flatMap((pattern) => pattern.exec(statement)?.[1] ?? []);
}

const changes = {
  insert: /\binsert\s+into\s+(?:"?([\w$]+)"?\s*\.\s*)?"?([\w$]+)"?/i,
  merge: /\bmerge\s+into\s+(?:only\s+)?(?:"?([\w$]+)"?\s*\.\s*)?"?([\w$]+)"?/i,
  update: /\bupdate\s+(?:only\s+)?(?:"?([\w$]+)"?\s*\.\s*)?"?([\w$]+)"?[^;]*?\bset\b/i,
  delete: /\bdelete\s+from\s+(?:only\s+)?(?:"?([\w$]+)"?\s*\.\s*)?"?([\w$]+)"?/i,
} as const;

/** What a statement does to which tables, by its text. */
function changeBy(statement: string): {
  readonly verb: keyof typeof changes | null;
  readonly tables: readonly TableReference[];
} {
  // A name that is put in by format() stands in a string of its own.
  const [, made] = /\bexecute\b[^]*\b(insert\s+into|merge\s+into|update|delete\s+from)\b[^']*%/i.exec(statement) ?? [];
  if (made !== undefined) {
    const names = [...statement.matchAll(/'([\w$]+)'/g)].map(([, name = '']) => ({ schema: null, name }));
    return { verb: made.split(/\s/)[0]?.toLowerCase() as keyof typeof changes, tables: names };
  }
  for (const [verb, pattern] of Object.entries(changes)) {
    const [, schema, name] = pattern.exec(statement) ?? [];
    if (name !== undefined) {
      return { verb: verb as keyof typeof changes, tables: [{ schema: schema ?? null, name }] };
    }
  }
  return { verb: null, tables: [] };
}

/** Whether a function sends more of a row than its keys, itself or in a variable. */
function notifies(routine: Routine, relation: Relation, { snapshot, modelled }: LintInput): boolean {
  const statements = codeOf(routine).split(';');
  const sent = statements.filter((statement) => /\bpg_notify\s*\(/i.test(statement)).join(';');
  if (sent === '') return false;
  const keys = new Set([...primaryKeyOf(snapshot, relation), modelled.get(relation.oid)?.intent.tenantColumn]);
  const tells = (text: string): boolean =>
    [...text.matchAll(/\b(?:new|old)\b(?:\s*\.\s*"?([\w$]+)"?)?/gi)].some(([, column]) => !keys.has(column));
  const kept = statements.flatMap((statement) => {
    const [, name = '', value = ''] = /\b([\w$]+)\s*:?=\s*([^]*)$/.exec(statement) ?? [];
    return tells(value) ? [name] : [];
  });
  return tells(sent) || kept.some((name) => mentions(sent, name));
}

/** Whether all tenants may read what is there; a tenant table without row-level security has a rule of its own. */
function isOpen(input: LintInput, target: Relation): boolean {
  const own = input.access.relations.get(target.oid);
  const tenancy = input.modelled.get(target.oid)?.intent.tenancy;
  if (own === undefined || tenancy === 'row' || tenancy === 'root' || tenancy === 'schema') return false;
  return (own.rowSecurity === 'disabled' || isShared(input, target)) && mayUse(own, 'select');
}

function isShared({ modelled }: LintInput, { oid }: Relation): boolean {
  return modelled.get(oid)?.intent.tenancy === 'shared';
}
