import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { compileIntent, type CompileOptions } from '../../src/intent/compile.ts';
import type { Intent, RelationIntent } from '../../src/intent/relation-intent.ts';
import type { Model } from '../../src/model/model.ts';
import { parseModel } from '../../src/model/parse.ts';
import { formatQualified, quoteIdent, quoteQualified } from '../../src/sql/ident.ts';

/** The rows of a relation by their labels, as one subject has them. */
export interface Verdict {
  readonly foreign: string;
  readonly unwritable: string;
  readonly shared: string;
}

export function fixtureModel(name: string): Model {
  return parseModel(readFileSync(new URL(`../fixtures/models/${name}`, import.meta.url), 'utf8'), name);
}

export async function compile(client: pg.Client, model: Model, options?: CompileOptions): Promise<Intent> {
  return compileIntent(model, await readSnapshot(client), options);
}

export function relationOf(intent: Intent, name: string): RelationIntent {
  const relation = intent.relations.find((candidate) => formatQualified(candidate) === name);
  if (relation === undefined) throw new Error(`The intent has no ${name}.`);
  return relation;
}

/** Which rows, by the text in `label`, are foreign to the subject, not its to change, and shared; and that nothing is NULL. */
export async function judge(
  client: pg.Client,
  relation: RelationIntent,
  subject: string,
  label = 'label',
): Promise<Verdict> {
  const rows = async (condition: string, values: unknown[]): Promise<string> => {
    const { rows: found } = await client.query<{ label: string; verdict: boolean | null }>(
      `select t.${quoteIdent(label)}::text as label, (${condition}) as verdict from ${quoteQualified(relation)} t order by 1`,
      values,
    );
    if (found.some((row) => row.verdict === null)) throw new Error(`A predicate of ${relation.name} is NULL.`);
    return found.flatMap((row) => (row.verdict === true ? [row.label] : [])).join(' ');
  };
  return {
    foreign: await rows(relation.foreign, [subject]),
    unwritable: await rows(relation.unwritable, [subject]),
    shared: await rows(relation.shared, []),
  };
}
