import type { z } from 'zod';
import type { Path, Problem } from './problem.ts';
import { modelSchema, type RawModel } from './schema.ts';
import { suggestion } from './suggest.ts';

export type ShapeResult = { readonly raw: RawModel } | { readonly problems: readonly Problem[] };

/** Checks the document's shape: every problem of every part at once. */
export function checkShape(document: unknown): ShapeResult {
  const result = modelSchema.safeParse(document, { error: describe, reportInput: true });
  if (result.success) return { raw: result.data };
  return { problems: result.error.issues.flatMap((issue) => toProblems(issue, [])) };
}

type Issue = z.core.$ZodIssue;

function toProblems(issue: Issue, prefix: Path): Problem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...path, key], atKey: true, message: messages[index] ?? '' }));
  }
  if (issue.code === 'invalid_key') return [{ path, atKey: true, message: issue.issues[0]?.message ?? issue.message }];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branch = likeliestBranch(issue.errors);
    if (branch) return branch.flatMap((inner) => toProblems(inner, path));
  }
  return [{ path, message: issue.message }];
}

/** The one branch of a union whose outer type fits: its problems say more than that no branch fits. */
function likeliestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter((issues) => !issues.some((i) => i.path.length === 0 && i.code === 'invalid_type'));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Words for an issue of zod that follow a path in a sentence. */
function describe(issue: z.core.$ZodRawIssue): string | undefined {
  const missing = issue.input === undefined;
  switch (issue.code) {
    case 'invalid_type':
      return missing ? `is required: ${article(issue.expected)}` : `is not ${article(issue.expected)}`;
    case 'invalid_value': {
      const values = issue.values.map(String);
      return missing
        ? `is required: ${values.join(' or ')}`
        : `is not ${values.join(' or ')}${suggestionFor(issue.input, values)}`;
    }
    case 'unrecognized_keys': {
      const known = knownKeys(issue.inst);
      return issue.keys
        .map((key) => `is not a key here${suggestion(key, known) || ` (${known.join(', ')})`}`)
        .join('\n');
    }
    case 'invalid_union':
      return describeUnion(issue, missing);
    case 'too_small':
      return 'is empty';
    default:
      return undefined;
  }
}

function describeUnion(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>, missing: boolean): string {
  if (issue.discriminator === undefined) return missing ? 'is required' : 'has the wrong form';
  const options = (issue.options as unknown[]).map(String);
  const given = (issue.input as Record<string, unknown>)[issue.discriminator];
  if (given === undefined) return `is required: ${options.join(', ')}`;
  return `is not one of ${options.join(', ')}${suggestionFor(given, options)}`;
}

function suggestionFor(given: unknown, options: readonly string[]): string {
  return typeof given === 'string' ? suggestion(given, options) : '';
}

function article(expected: string): string {
  const words: Record<string, string> = {
    object: 'a mapping of keys',
    record: 'a mapping of keys',
    array: 'a list',
    string: 'text (quote it if it is a number)',
    boolean: 'true or false',
  };
  return words[expected] ?? `a ${expected}`;
}

function knownKeys(schema: z.core.$ZodType | undefined | object): string[] {
  const definition = (schema as z.ZodObject | undefined)?.def;
  return definition ? Object.keys(definition.shape) : [];
}
