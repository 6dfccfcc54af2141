import type { Routine } from '../catalog/snapshot.ts';
import type { Model } from '../model/model.ts';
import { isNobody } from '../model/nobody.ts';
import { escapePattern } from '../sql/mentions.ts';
import { codeOf } from './reads.ts';

/**
 * The tenant to whom the text of a function sets the context, by name. What takes it from an argument, or looks it up, is how
 * applications say who they are.
 */
export function tenantSetBy(model: Model, routine: Routine): string | undefined {
  const setting = escapePattern(model.context.setting);
  const set = new RegExp(
    `\\bset_config\\s*\\(\\s*'${setting}'\\s*,\\s*'([^']+)'|\\bset\\s+(?:local\\s+|session\\s+)?${setting}\\s*(?:=|\\bto\\b)\\s*'?([\\w-]+)`,
    'i',
  );
  const [, called, said] = set.exec(codeOf(routine)) ?? [];
  const value = called ?? said;
  return value === undefined || isNobody(model, value) ? undefined : value;
}

/** The argument that the text of a function sets the context to, as it is. */
export function argumentSetBy(model: Model, routine: Routine): string | undefined {
  const setting = escapePattern(model.context.setting);
  const set = new RegExp(String.raw`\bset_config\s*\(\s*'${setting}'\s*,\s*"?([\w$]+)"?\s*(?:::\s*\w+\s*)?,`, 'i');
  const [, value] = set.exec(codeOf(routine)) ?? [];
  const names = [...routine.argnames, ...routine.argtypes.map((_, at) => `$${at + 1}`)];
  return value === undefined
    ? undefined
    : names.find((name) => name !== '' && name.toLowerCase() === value.toLowerCase());
}
