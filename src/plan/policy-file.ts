import { nameOf } from '../catalog/lookup.ts';
import type { QualifiedName } from '../sql/ident.ts';
import { writtenName } from '../sql/written.ts';
import type { WantedPolicies } from './policies.ts';
import type { Situation } from './situation.ts';

/** The wanted policies of a table, for review and diff. */
export interface PolicyFile {
  readonly table: QualifiedName;
  /** Within the project. */
  readonly path: string;
  readonly text: string;
}

/** The file of a table; undefined where people have reviewed one already. */
export function policyFile({ reviewedPolicies }: Situation, wanted: WantedPolicies): PolicyFile | undefined {
  const table = nameOf(wanted.tenant.relation);
  const name = writtenName(table);
  return reviewedPolicies.has(name) ? undefined : { table, path: policyPath(table), text: policyText(wanted) };
}

/** Where the wanted policies of a table stand. */
export function policyPath(table: QualifiedName): string {
  return `policies/${writtenName(table).replaceAll(/[/\\]/g, '_')}.sql`;
}

export function policyText({ tenant, policies, enable, summary }: WantedPolicies): string {
  const statements = [...enable, '', ...policies.map(({ sql }) => sql)].map((statement) =>
    statement === '' ? '' : `${statement};`,
  );
  return `-- The wanted policies of ${writtenName(nameOf(tenant.relation))}: ${summary}.\n\n${statements.join('\n')}\n`;
}
