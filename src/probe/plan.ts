import { nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { formatQualified } from '../sql/ident.ts';
import type { Question } from './block.ts';
import { type Attempt, type ProbeSession, settingsStatement } from './session.ts';

/** What one asking of a question costs, as PostgreSQL plans it. */
export interface PlanCost {
  /** Rows of the relations that it scans as a whole, as far as statistics tell. */
  readonly scanned: number;
  /** Settings under which it is planned best. */
  readonly planner: SessionSettings;
}

/** Many short queries: compiling one takes longer than running it. */
const short: SessionSettings = { jit: 'off' };
/** A subject's rows lie in the index in the order of the table: a bitmap sorts them once more, and takes half as long again. */
const withoutBitmaps: SessionSettings = { ...short, enable_bitmapscan: 'off' };

/** Plans a question as the app role under `settings`, and runs nothing of it but what planning itself evaluates. */
export async function costOf(
  session: ProbeSession,
  question: Question,
  settings: SessionSettings,
  snapshot: CatalogSnapshot,
): Promise<Attempt<PlanCost>> {
  const plain = await scannedRows(session, question, { ...settings, ...short }, snapshot);
  if (!plain.ok) return plain;
  const lean = await scannedRows(session, question, { ...settings, ...withoutBitmaps }, snapshot);
  // Forbidden a bitmap, a policy with an OR may leave the index altogether.
  const isLean = lean.ok && lean.value <= plain.value;
  return { ok: true, value: { scanned: plain.value, planner: isLean ? withoutBitmaps : short } };
}

/** Rows of the relations that the question's plan scans as a whole, as far as statistics tell. */
export async function scannedRows(
  session: ProbeSession,
  { select }: Question,
  settings: SessionSettings,
  snapshot: CatalogSnapshot,
): Promise<Attempt<number>> {
  const result = await session.series<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>('app', [
    settingsStatement(settings),
    { sql: `explain (format json, verbose) ${select}`, values: [] },
  ]);
  if (!result.ok) return result;
  return { ok: true, value: scannedBy(result.value[0]?.['QUERY PLAN'][0]?.Plan, snapshot) };
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly Schema?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function scannedBy(node: PlanNode | undefined, snapshot: CatalogSnapshot): number {
  if (node === undefined) return 0;
  const below = (node.Plans ?? []).reduce((sum, child) => sum + scannedBy(child, snapshot), 0);
  if (node['Node Type'] !== 'Seq Scan') return below;
  const name = formatQualified({ schema: node.Schema ?? '', name: node['Relation Name'] ?? '' });
  const relation = snapshot.relations.find((candidate) => formatQualified(nameOf(candidate)) === name);
  return below + Math.max(0, relation?.reltuples ?? 0);
}
