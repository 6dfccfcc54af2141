import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Proofs } from '../domain/report.ts';
import type { ComparedStates, Report } from '../domain/report.ts';
import { comparedConnection, connect, describeConnection } from '../postgres/connect.ts';
import { changeFindings, changeInconclusive } from '../prove/change-findings.ts';
import { proveChange, type Change } from '../prove/prove-change.ts';
import { Solver } from '../prove/smt/solver.ts';
import { formatQualified } from '../sql/ident.ts';
import { catalogReport, readCatalog, type Catalog, type CatalogRequest, type Judgement } from './catalog-report.ts';
import type { VerifyProgress } from './verify-options.ts';
import { withWantedPolicies } from './wanted-policies.ts';

export interface ProveChangeRequest extends CatalogRequest {
  /** The URL of another database, which is as before the change; or a folder of policies, which are as after it. */
  readonly against: string;
  /** The other way round. */
  readonly reverse: boolean;
  readonly timeLimitMs: number;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** Two states of a database, and what they are called. */
interface Compared {
  readonly before: CatalogSnapshot;
  readonly after: CatalogSnapshot;
  readonly change: ComparedStates;
}

/**
 * Decides whether any app role may see or do more after a change than before it.
 *
 * @throws RowhouseError where the model does not fit the database, or what it is compared with cannot be read
 */
export async function proveChangeOfProject(request: ProveChangeRequest): Promise<Report> {
  return await catalogReport(request, {
    name: 'rowhouse prove',
    layers: ['prove'],
    writes: false,
    inPart: true,
    judge: async (catalog) => await judge(catalog, request),
  });
}

async function judge(catalog: Catalog, request: ProveChangeRequest): Promise<Judgement> {
  const { outOfReach, ...compared } = await readBoth(catalog, request);
  const { before, after, change: names } = compared;
  const started = performance.now();
  const solver = new Solver();
  try {
    const change = await proveChange(solver, before, after, request.project.model, {
      isOver: () => performance.now() - started > request.timeLimitMs,
      onProgress: ({ difference, fraction }) =>
        request.onProgress?.({ probe: 'prove', step: `changes of ${formatQualified(difference.relation)}`, fraction }),
    });
    const proofs = proofsOf(change);
    return {
      findings: changeFindings(change),
      inconclusive: [...changeInconclusive(change), ...outOfReach.map((one) => ({ ruleId: 'access-widened', ...one }))],
      checks: proofs.claims.length,
      proofs,
      change: names,
    };
  } finally {
    await solver.close();
  }
}

async function readBoth(
  { readable, outOfReach }: Catalog,
  { connection, against, reverse }: ProveChangeRequest,
): Promise<Compared & Pick<Catalog, 'outOfReach'>> {
  const own = { snapshot: readable, name: describeConnection(connection) };
  const isDatabase = /^postgres(ql)?:\/\//.test(against);
  const compare = (one: typeof own, two: typeof own): Compared => {
    const [first, last] = reverse ? [two, one] : [one, two];
    return { before: first.snapshot, after: last.snapshot, change: { before: first.name, after: last.name } };
  };
  if (!isDatabase) {
    const { snapshot } = await opened(connection, async (client) => withWantedPolicies(client, readable, against));
    return { ...compare(own, { snapshot, name: against }), outOfReach };
  }
  const other = comparedConnection(against);
  const read = await opened(other, readCatalog);
  return {
    ...compare({ snapshot: read.readable, name: describeConnection(other) }, own),
    outOfReach: [...outOfReach, ...read.outOfReach],
  };
}

async function opened<T>(
  connection: CatalogRequest['connection'],
  read: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(connection, 'rowhouse prove');
  try {
    return await read(client);
  } finally {
    await client.end();
  }
}

function proofsOf({ differences }: Change): Proofs {
  const claims = differences.flatMap(({ relation, role, command, direction, verdict }) =>
    command === null
      ? []
      : [
          {
            object: formatQualified(relation),
            role,
            command,
            claim: direction,
            session: 'anyone' as const,
            answer: verdict.verdict,
            reasons: verdict.verdict === 'unknown' ? verdict.reasons : [],
          },
        ],
  );
  const count = (answer: string): number => claims.filter((claim) => claim.answer === answer).length;
  return { proved: count('proved'), refuted: count('refuted'), unknown: count('unknown'), claims };
}
