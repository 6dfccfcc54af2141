import { doctor, type Examination } from '../../src/app/doctor.ts';
import { openProject } from '../../src/app/project.ts';
import type { CheckResult } from '../../src/preflight/examine.ts';
import type { TestProject } from '../support/project.ts';

/** Examines a database for the pending files of a project. */
export async function examined(
  project: TestProject,
  url: string,
  options: { readonly skipChecks?: readonly string[]; readonly measure?: boolean } = {},
): Promise<Examination> {
  return doctor({
    project: await openProject(project.directory),
    connection: { url, source: '--database-url' },
    skipChecks: options.skipChecks ?? [],
    measure: options.measure ?? false,
  });
}

/** What one check has come to. */
export function resultOf({ checks }: Examination, id: string): CheckResult {
  const result = checks.find((check) => check.id === id);
  if (result === undefined) throw new Error(`There is no check ${id}.`);
  return result;
}

/** The checks that are not fine, with their outcomes. */
export function trouble({ checks }: Examination): string[] {
  return checks.flatMap(({ id, outcome }) => (outcome === 'ok' ? [] : `${id} ${outcome}`));
}
