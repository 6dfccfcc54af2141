import type pg from 'pg';
import { nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { formatQualified } from '../sql/ident.ts';
import type { Question } from './block.ts';
import { attempt, type Attempt, type ProbeSession, settingCalls } from './session.ts';

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
  const candidates = [short, withoutBitmaps].map((planner) => ({ ...question, planner }));
  const scanned = await scannedRows(session, candidates, settings, snapshot);
  if (!scanned.ok) return scanned;
  const [plain = 0, lean = plain] = scanned.value;
  // Forbidden a bitmap, a policy with an OR may leave the index altogether.
  return { ok: true, value: { scanned: plain, planner: lean <= plain ? withoutBitmaps : short } };
}

/** Rows of the relations that the plan of each question scans as a whole, as far as statistics tell. */
export async function scannedRows(
  session: ProbeSession,
  questions: readonly Question[],
  settings: SessionSettings,
  snapshot: CatalogSnapshot,
): Promise<Attempt<readonly number[]>> {
  const explained = questions.map(
    ({ planner, select }) => `select ${settingCalls(planner)}; explain (format json, verbose) ${select}`,
  );
  const text = [`select ${settingCalls(settings)}`, ...explained].join(';\n');
  return await attempt(async () => {
    const results: pg.QueryResult<Explained> | pg.QueryResult<Explained>[] = await session.asApp({}, () =>
      session.current.query<Explained>(text),
    );
    const plans = [results].flat().flatMap(({ rows }) => rows.flatMap((row) => row['QUERY PLAN'] ?? []));
    return plans.map(({ Plan }) => scannedBy(Plan, snapshot));
  });
}

/** A row of EXPLAIN, or of another statement of the same text. */
interface Explained {
  readonly 'QUERY PLAN'?: readonly { readonly Plan: PlanNode }[];
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
