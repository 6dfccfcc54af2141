import { RowhouseError } from '../domain/errors.ts';
import type { Position } from '../sql/source.ts';
import { crossCheck } from './cross-checks.ts';
import { readYaml } from './document.ts';
import type { Model } from './model.ts';
import { formatPath } from './problem.ts';
import { checkShape } from './shape-problems.ts';
import { toModel } from './to-model.ts';
import { waiverProblems } from './waiver-problems.ts';

/**
 * Reads `rowhouse.yaml`.
 *
 * @param path the file's name, for messages
 * @param rules the ids of all rules, for which waivers may be; not checked where left out
 * @throws RowhouseError `model-invalid`, whose detail has one line for each problem: `path:line:column key: what is wrong`
 */
export function parseModel(text: string, path: string, rules?: readonly string[]): Model {
  const document = readYaml(text);
  if (document.syntaxErrors.length > 0) {
    throw invalid(
      path,
      document.syntaxErrors.map(({ position, message }) => ({ position, line: message })),
    );
  }
  const shape = checkShape(document.value);
  const problems = [
    ...('problems' in shape ? shape.problems : []),
    ...crossCheck(document.value),
    ...(rules ? waiverProblems(document.value, rules) : []),
  ];
  if ('raw' in shape && problems.length === 0) return toModel(shape.raw, path);
  throw invalid(
    path,
    problems.map((problem) => ({
      position: document.locate(problem.path, problem.atKey ?? false),
      line: `${formatPath(problem.path)}: ${problem.message}`,
    })),
  );
}

interface Complaint {
  readonly position: Position;
  readonly line: string;
}

function invalid(path: string, complaints: readonly Complaint[]): RowhouseError {
  const lines = complaints
    .toSorted((a, b) => a.position.line - b.position.line || a.position.column - b.position.column)
    .map(({ position, line }) => `${path}:${position.line}:${position.column} ${line}`);
  const count = lines.length === 1 ? 'a problem' : `${lines.length} problems`;
  return new RowhouseError('configuration', 'model-invalid', `The model ${path} has ${count}.`, {
    detail: [...new Set(lines)].join('\n'),
    hint: 'docs/model.md describes every key; an editor that reads schema/rowhouse.schema.json checks them as you type.',
  });
}
