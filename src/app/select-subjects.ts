import { RowhouseError } from '../domain/errors.ts';

/** All subjects, or those that were asked for, each of which there must be. A number is for the caller to choose. */
export function namedSubjects(all: readonly string[], wanted: readonly string[]): readonly string[] {
  const known = new Set(all);
  const unknown = wanted.find((id) => !known.has(id));
  if (unknown !== undefined) {
    throw new RowhouseError('usage', 'unknown-tenant', `The database has no tenant ${unknown}.`, {
      hint: 'Give ids as the tenants table holds them.',
    });
  }
  return [...new Set(wanted)];
}
