import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RowhouseError } from '../domain/errors.ts';
import type { QueryModel } from '../model/model.ts';
import type { AskedQuery } from '../probe/asked.ts';
import { type Node, splitStatements, SqlSyntaxError } from '../sql/parse.ts';
import { nodesOf } from '../sql/tree.ts';
import type { Project } from './project.ts';

/**
 * Reads the queries that a model lists.
 *
 * @throws RowhouseError `query-invalid`: a file that is not there, is no single SELECT, or has other parameters than the model gives
 */
export async function readQueries({ directory, model }: Project): Promise<readonly AskedQuery[]> {
  return await Promise.all(model.queries.map((query) => readQuery(directory, query)));
}

async function readQuery(directory: string, { path, params }: QueryModel): Promise<AskedQuery> {
  const text = await readFile(join(directory, path), 'utf8').catch((cause: unknown) => {
    throw invalid(path, 'cannot be read', cause);
  });
  const statements = parse(path, text);
  const [statement] = statements;
  if (statement === undefined || statements.length > 1 || !('SelectStmt' in statement.node)) {
    throw invalid(path, 'is not one SELECT');
  }
  const wanted = parameterCount(statement.node);
  if (wanted !== params.length) {
    throw invalid(path, `has ${wanted} parameters, and the model gives ${params.length}`);
  }
  return { path, sql: statement.text, params };
}

function parse(path: string, text: string): ReturnType<typeof splitStatements> {
  try {
    return splitStatements(text);
  } catch (error) {
    if (error instanceof SqlSyntaxError) throw invalid(path, `is not SQL: ${error.message}`, error);
    throw error;
  }
}

function parameterCount(node: Node): number {
  const numbers = [...nodesOf(node)]
    .filter(({ tag }) => tag === 'ParamRef')
    .map(({ value }) => Number(value['number']));
  return Math.max(0, ...numbers);
}

function invalid(path: string, what: string, cause?: unknown): RowhouseError {
  return new RowhouseError('configuration', 'query-invalid', `The query ${path} of the model ${what}.`, {
    hint: 'queries in rowhouse.yaml lists files with one SELECT each, their parameters written $1, $2 and so on.',
    cause,
  });
}
