import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteLiteral } from '../sql/ident.ts';
import { type Fingerprint, wrapped } from './fingerprint.ts';
import { contextsSetting, raiseIfForgotten, withContexts } from './told.ts';
import { type Attempt, type ProbeSession, settingsStatement, settingCalls } from './session.ts';

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

/** One question or several, whose answers add up. */
export type Questions = readonly [Question, ...Question[]];

/**
 * Asks for all of them in one statement, so that each question is planned once and no round trip is made for each subject.
 * A guarded one goes on where a question fails for one of them: each is a subtransaction, which takes longer.
 */
export async function askBlock(
  session: ProbeSession,
  questions: Questions,
  asked: readonly Asked[],
  { guarded, timeoutMs }: { readonly guarded: boolean; readonly timeoutMs: number },
): Promise<Attempt<readonly Attempt<Answer>[]>> {
  const { names, contexts } = contextsOf(asked);
  const [{ as, planner }] = questions;
  const given = { ...planner, [namesSetting]: names, statement_timeout: String(timeoutMs) };
  // One text, and so one round trip.
  const text = (told: SessionSettings): string =>
    `select ${settingCalls({ ...given, ...told })};
    do ${quoteLiteral(blockBody(questions, guarded))};
    select pg_catalog.current_setting('${answersSetting}') as answers`;
  const result = await withContexts(session.connectionOf(as), contexts, (told) =>
    session.series<{ answers: string }>(as, [{ sql: text(told), values: [] }]),
  );
  return result.ok ? { ok: true, value: parseAnswers(result.value[0]?.answers ?? '[[], [], [], []]') } : result;
}

interface Contexts {
  /** The names of the settings, and what each subject has them set to: arrays of text, as PostgreSQL reads them. */
  readonly names: string;
  readonly contexts: string;
}

/** Tables are asked for the same subjects one after the other, and to write those takes as long as to read an index. */
const written = new WeakMap<Asked, { readonly names: string; readonly context: string }>();

function contextsOf(asked: readonly Asked[]): Contexts {
  const distinct = new Set<string>();
  for (const one of asked) for (const name of Object.keys(one.settings)) distinct.add(name);
  const settings = [...distinct];
  const names = arrayLiteral([subjectSetting, ...settings]);
  const contexts = asked.map((one) => {
    const known = written.get(one);
    if (known?.names === names) return known.context;
    const context = arrayLiteral([one.subject, ...settings.map((name) => one.settings[name] ?? '')]);
    written.set(one, { names, context });
    return context;
  });
  return { names, contexts: `{${contexts.join(',')}}` };
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
function blockBody(questions: Questions, guarded: boolean): string {
  const sum = (parts: string): string =>
    questions.map((_, index) => `${parts}_${index}`).join(' operator(pg_catalog.+) ');
  // Planned by the first asking, and what one is planned by must not be what the next is.
  const planned = ({ planner }: Question): string =>
    questions.length === 1 ? '' : `if not is_planned then perform ${settingCalls(planner)}; end if;`;
  const ask = `
      for place in 1 .. width loop
        ignored := pg_catalog.set_config(names[place], context[place], true);
      end loop;
      ${questions.map((question, index) => `${planned(question)} ${askedInto(question, index)}`).join('\n')}
      is_planned := true;
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
    is_planned pg_catalog.bool := false;
    ${questions.map((_, index) => `rows_${index} pg_catalog.int8; hash_${index} pg_catalog.numeric; glimpsed_${index} pg_catalog.int8;`).join(' ')}
    its_state pg_catalog.text; its_failure pg_catalog.text;
    all_rows pg_catalog.int8[]; all_hashes pg_catalog.text[]; all_glimpsed pg_catalog.int8[]; all_failures pg_catalog.text[];
  begin
    ${raiseIfForgotten}
    contexts := pg_catalog.current_setting('${contextsSetting}')::pg_catalog.text[];
    foreach context slice 1 in array contexts loop${guarded ? guardedAsk : ask}
      all_rows := pg_catalog.array_append(all_rows, ${sum('rows')});
      all_hashes := pg_catalog.array_append(all_hashes, (${sum('hash')})::pg_catalog.text);
      all_glimpsed := pg_catalog.array_append(all_glimpsed, ${sum('glimpsed')});
      all_failures := pg_catalog.array_append(all_failures, its_failure);
    end loop;
    ignored := pg_catalog.set_config('${answersSetting}',
      pg_catalog.json_build_array(all_rows, all_hashes, all_glimpsed, all_failures)::pg_catalog.text, true);
  end`;
}

function askedInto({ as, select }: Question, index: number): string {
  const into = `into rows_${index}, hash_${index}, glimpsed_${index}`;
  return as === 'app' ? `${select} ${into};` : `execute ${quoteLiteral(select)} ${into} using context[1];`;
}

function parseAnswers(json: string): readonly Attempt<Answer>[] {
  const [rows, hashes, glimpsed, failures] = JSON.parse(json) as [number[], string[], number[], (string | null)[]];
  return failures.map((failure, index) =>
    failure === null
      ? { ok: true, value: answerOf(rows[index] ?? 0, hashes[index] ?? '0', glimpsed[index] ?? 0) }
      : {
          ok: false,
          failure: { sqlstate: failure.slice(0, 5), message: failure.slice(5), routine: null, column: null },
        },
  );
}

function answerOf(rows: number | string, hash: string, glimpsed: number | string): Answer {
  return { rows: BigInt(rows), hash: wrapped(BigInt(hash)), glimpsed: BigInt(glimpsed) };
}

/** An array of text as PostgreSQL reads it. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
