import { createHash } from 'node:crypto';
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

/** The text of a file that follows the model for as long as nobody edits it: it says what it was when it was written. */
export function policyText({ tenant, policies, enable, summary }: WantedPolicies): string {
  const statements = [...enable, '', ...policies.map(({ sql }) => sql)].map((statement) =>
    statement === '' ? '' : `${statement};`,
  );
  const text = `-- The wanted policies of ${writtenName(nameOf(tenant.relation))}: ${summary}.\n\n${statements.join('\n')}\n`;
  return `${mark}${digestOf(text)}\n${text}`;
}

const mark = '-- rowhouse: unedited ';

/** Whether a file is as a plan wrote it: nobody has said anything in it that a later plan would take back. */
export function isUnedited(file: string): boolean {
  // git may have changed the ends of lines.
  const lines = file.replaceAll('\r\n', '\n');
  const end = lines.indexOf('\n') + 1;
  return lines.startsWith(mark) && lines.slice(mark.length, end).trim() === digestOf(lines.slice(end));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
