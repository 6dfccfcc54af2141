import type pg from 'pg';
import { messageOf } from '../domain/errors.ts';
import type { Severity } from '../domain/finding.ts';
import type { Report } from '../domain/report.ts';
import type { Layer } from '../domain/rule.ts';
import { lintRules } from '../lint/index.ts';
import { lint } from '../lint/lint.ts';
import { compileIntent } from '../intent/compile.ts';
import { contextAssignments } from '../intent/context.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { readCatalog } from './catalog-report.ts';
import { rowMaker, storeRows } from './generate.ts';
import { lintProject } from './lint-project.ts';
import type { Project } from './project.ts';
import { proveLayer, type ProveLayerRequest } from './prove-layer.ts';
import { isSolverInstalled } from '../prove/smt/engine.ts';
import { proveProject } from './prove-project.ts';
import { readQueries } from './queries.ts';
import { verify } from './verify.ts';
import type { VerifyOptions, VerifyProgress, VerifyScope } from './verify-options.ts';

export interface VerifyRequest {
  readonly project: Project;
  readonly connection: Connection;
  /** How the application itself connects, to read as it does. */
  readonly appConnection?: Connection;
  readonly toolVersion: string;
  /** Where left out: lint and probe, and proofs where the solver starts and all relations are looked at. */
  readonly layers?: readonly Layer[];
  readonly writes: boolean;
  /** Store generated rows first, in a database that has none. */
  readonly generate?: boolean;
  readonly failOn: Severity;
  readonly tenants: 'all' | number | readonly string[];
  /** Only these relations, as `schema.relation`. */
  readonly relations?: readonly string[] | undefined;
  readonly scope?: VerifyScope;
  readonly onProgress: (progress: VerifyProgress) => void;
}

/**
 * Verifies the database of a project against its model.
 *
 * @throws RowhouseError where the model does not fit the database, or the verification cannot be done at all
 */
export async function verifyProject(request: VerifyRequest): Promise<Report> {
  const { model } = request.project;
  const layers = request.layers ?? layersFor(request);
  if (!layers.includes('probe')) {
    if (!layers.includes('prove')) return await lintProject(request);
    return await proveProject({ ...request, timeLimitMs: proofTime(request), lint: layers.includes('lint') });
  }
  const queries = await readQueries(request.project);
  const generated = request.generate === true ? await storeRows(request.connection, model, request.writes) : undefined;
  const client = await connect(request.connection, 'rowhouse verify');
  const opened: pg.Client[] = [client];
  try {
    const openAsApp = async (connection: Connection): Promise<pg.Client> => {
      const asApp = await connect(connection, 'rowhouse verify');
      opened.push(asApp);
      return asApp;
    };
    const { snapshot, readable, outOfReach } = await readCatalog(client);
    const intent = compileIntent(model, snapshot);
    const proofs = layers.includes('prove')
      ? await proofsOf(request, {
          snapshot: readable,
          model,
          intent,
          scratch: request.writes ? request.connection : null,
          timeLimitMs: proofTime(request),
          onProgress: request.onProgress,
        })
      : undefined;
    return await verify(client, intent, snapshot, {
      tool: { name: 'rowhouse', version: request.toolVersion },
      appRoles: model.roles.app,
      contextOf: (subject) => contextAssignments(model, subject),
      membership: model.membership !== null,
      writes: request.writes,
      ...(request.appConnection && {
        appConnection: {
          client: await openAsApp(request.appConnection),
          open: openAsApp.bind(null, request.appConnection),
        },
      }),
      rowMaker: rowMaker(model, snapshot, intent, request.connection),
      ...(generated && { generated }),
      failOn: request.failOn,
      tenants: request.tenants,
      connect: () => connect(request.connection, 'rowhouse verify'),
      ...request.scope,
      ...(request.relations && { relations: request.relations }),
      queries,
      functions: model.functions.filter(({ calls }) => calls.length > 0),
      unmanaged: model.unmanaged,
      outOfReach,
      waivers: model.waivers,
      ...(layers.includes('lint') && {
        known: { findings: lint(readable, model, intent), checks: lintRules.length * model.roles.app.length },
      }),
      // What is not decided, the probes decide.
      ...proofs,
      onProgress: request.onProgress,
    });
  } finally {
    await Promise.allSettled(opened.map((one) => one.end()));
  }
}

function layersFor({ relations }: VerifyRequest): readonly Layer[] {
  return relations === undefined && isSolverInstalled() ? ['lint', 'prove', 'probe'] : ['lint', 'probe'];
}

/** Where nobody asked for proofs, a solver that does not start is no reason to verify nothing. */
async function proofsOf(
  { layers }: VerifyRequest,
  request: ProveLayerRequest,
): Promise<Partial<Pick<VerifyOptions, 'proved' | 'unproved'>>> {
  try {
    const { findings, proofs } = await proveLayer(request);
    return { proved: { findings, proofs } };
  } catch (error) {
    if (layers !== undefined) throw error;
    return { unproved: messageOf(error) };
  }
}

/** Proofs take a part of the time that there is. */
function proofTime({ scope }: VerifyRequest): number {
  return Math.min(60_000, (scope?.timeLimitMs ?? 15 * 60_000) / 4);
}
