import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteLiteral } from '../sql/ident.ts';
import type { Fingerprint } from './fingerprint.ts';
import { contextsSetting, raiseIfForgotten, withContexts } from './told.ts';
import { type Attempt, type ProbeSession, type Series, settingsStatement } from './session.ts';

/**
 * A query with three columns, asked under one context after another: the number of rows, the sum of their hashes, and how many
 * it saw of a few shared rows (0 where it does not ask). As the truth role its `$1` is the subject,
 * and either role finds it in the setting `subjectSetting`.
 */
export interface Question {
  readonly as: 'app' | 'truth';
  readonly select: string;
  /** Settings of the planner, beside the context. */
  readonly planner: SessionSettings;
}

/** A subject, and the settings of a session that works for it. */
export interface Asked {
  readonly subject: string;
  readonly settings: SessionSettings;
}

export interface Answer extends Fingerprint {
  readonly glimpsed: bigint;
}

/** Settings by which a block gets its input and gives its result: DO takes no parameters and returns nothing. */
const namesSetting = 'rowhouse.names';
const answersSetting = 'rowhouse.answers';
/** Tells a session its subject. Always the first of a context, so that there is one. */
export const subjectSetting = 'rowhouse.subject';

/**
 * Asks for all of them in one statement, so that the question is planned once and no round trip is made for each.
 * A guarded one goes on where the question fails for one of them: each is a subtransaction, which takes longer.
 */
export async function askBlock(
  session: ProbeSession,
  question: Question,
  asked: readonly Asked[],
  { guarded, timeoutMs }: { readonly guarded: boolean; readonly timeoutMs: number },
): Promise<Attempt<readonly Attempt<Answer>[]>> {
  const names = [...new Set(asked.flatMap(({ settings }) => Object.keys(settings)))];
  const contexts = asked.map(({ subject, settings }) => [subject, ...names.map((name) => settings[name] ?? '')]);
  const given = {
    ...question.planner,
    [namesSetting]: arrayLiteral([subjectSetting, ...names]),
    statement_timeout: String(timeoutMs),
  };
  const series = (told: SessionSettings): Series => [
    settingsStatement({ ...given, ...told }),
    {
      sql: `do ${quoteLiteral(blockBody(question, guarded))}; select pg_catalog.current_setting('${answersSetting}') as answers`,
      values: [],
    },
  ];
  const result = await withContexts(
    session.connectionOf(question.as),
    `{${contexts.map(arrayLiteral).join(',')}}`,
    (told) => session.series<{ answers: string }>(question.as, series(told)),
  );
  return result.ok ? { ok: true, value: parseAnswers(result.value[0]?.answers ?? '[[], [], [], []]') } : result;
}

/** Whether the app role may run such a block. */
export async function mayUseBlocks(session: ProbeSession): Promise<boolean> {
  const result = await session.truth(
    `select from pg_catalog.pg_language where lanname = 'plpgsql' and pg_catalog.has_language_privilege($1, oid, 'usage')`,
    [session.appRole],
  );
  return result.ok && result.value.length > 0;
}

/** Where it may not: a statement each. */
export async function askOne(
  session: ProbeSession,
  question: Question,
  { subject, settings }: Asked,
  timeoutMs: number,
): Promise<Attempt<Answer>> {
  const told = { ...question.planner, [subjectSetting]: subject };
  const given = { ...told, ...settings, statement_timeout: String(timeoutMs) };
  const columns = `select a.r::pg_catalog.text as rows, a.h::pg_catalog.text as hash, a.g::pg_catalog.text as glimpsed`;
  const sql = `${columns} from (${question.select}) as a (r, h, g)`;
  const result = await session.series<{ rows: string; hash: string; glimpsed: string }>(question.as, [
    settingsStatement(given),
    { sql, values: question.as === 'truth' ? [subject] : [] },
  ]);
  if (!result.ok) return result;
  const [row] = result.value;
  return { ok: true, value: answerOf(row?.rows ?? 0, row?.hash ?? '0', row?.glimpsed ?? 0) };
}

/**
 * DO and not a function: it works in a read-only transaction and on a standby, and needs no privilege beyond the language.
 * No value is in its text, and no operator that another schema could replace.
 */
function blockBody(question: Question, guarded: boolean): string {
  const into = 'into its_rows, its_hash, its_glimpsed';
  const ask = `
      for place in 1 .. width loop
        ignored := pg_catalog.set_config(names[place], context[place], true);
      end loop;
      ${question.as === 'app' ? `${question.select} ${into};` : `execute ${quoteLiteral(question.select)} ${into} using context[1];`}
      its_failure := null;`;
  const guardedAsk = `
      begin${ask}
      exception when others then
        get stacked diagnostics its_state = returned_sqlstate, its_failure = message_text;
        its_failure := pg_catalog.concat(its_state, its_failure);
      end;`;
  return `
  #variable_conflict use_column
  declare
    names pg_catalog.text[] := pg_catalog.current_setting('${namesSetting}')::pg_catalog.text[];
    contexts pg_catalog.text[];
    context pg_catalog.text[];
    width pg_catalog.int4 := pg_catalog.cardinality(names);
    ignored pg_catalog.text;
    its_rows pg_catalog.int8; its_hash pg_catalog.text; its_glimpsed pg_catalog.int8;
    its_state pg_catalog.text; its_failure pg_catalog.text;
    all_rows pg_catalog.int8[]; all_hashes pg_catalog.text[]; all_glimpsed pg_catalog.int8[]; all_failures pg_catalog.text[];
  begin
    ${raiseIfForgotten}
    contexts := pg_catalog.current_setting('${contextsSetting}')::pg_catalog.text[];
    foreach context slice 1 in array contexts loop${guarded ? guardedAsk : ask}
      all_rows := pg_catalog.array_append(all_rows, its_rows);
      all_hashes := pg_catalog.array_append(all_hashes, its_hash);
      all_glimpsed := pg_catalog.array_append(all_glimpsed, its_glimpsed);
      all_failures := pg_catalog.array_append(all_failures, its_failure);
    end loop;
    ignored := pg_catalog.set_config('${answersSetting}',
      pg_catalog.json_build_array(all_rows, all_hashes, all_glimpsed, all_failures)::pg_catalog.text, true);
  end`;
}

function parseAnswers(json: string): readonly Attempt<Answer>[] {
  const [rows, hashes, glimpsed, failures] = JSON.parse(json) as [number[], string[], number[], (string | null)[]];
  return failures.map((failure, index) =>
    failure === null
      ? { ok: true, value: answerOf(rows[index] ?? 0, hashes[index] ?? '0', glimpsed[index] ?? 0) }
      : { ok: false, failure: { sqlstate: failure.slice(0, 5), message: failure.slice(5), routine: null } },
  );
}

function answerOf(rows: number | string, hash: string, glimpsed: number | string): Answer {
  return { rows: BigInt(rows), hash: BigInt(hash), glimpsed: BigInt(glimpsed) };
}

/** An array of text as PostgreSQL reads it. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
