import { performance } from 'node:perf_hooks';
import { readAroundLocks } from '../catalog/read-around-locks.ts';
import { mergeFindings, type Severity } from '../domain/finding.ts';
import { outcomeOf, type Report } from '../domain/report.ts';
import { compileIntent } from '../intent/compile.ts';
import { lintRules } from '../lint/index.ts';
import { lint } from '../lint/lint.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { databaseError } from '../postgres/database-error.ts';
import { checkRoles } from './app-roles.ts';
import type { Project } from './project.ts';
import { proveLayer } from './prove-layer.ts';
import type { VerifyProgress } from './verify-options.ts';
import { applyWaivers, type LookedFor } from './waivers.ts';

export interface ProveRequest {
  readonly project: Project;
  readonly connection: Connection;
  readonly toolVersion: string;
  readonly failOn: Severity;
  /** Try counterexamples on the server, each rolled back: for scratch databases. */
  readonly writes: boolean;
  readonly timeLimitMs: number;
  /** Lint beside. */
  readonly lint?: boolean;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/**
 * Decides by the catalog alone, for every tenant and every row, what the policies of a project's database let pass.
 *
 * @throws RowhouseError where the model does not fit the database, or it cannot be read
 */
export async function proveProject(request: ProveRequest): Promise<Report> {
  const started = performance.now();
  const { model } = request.project;
  const client = await connect(request.connection, 'rowhouse prove');
  try {
    await client.query("set lock_timeout = '2s'");
    const { snapshot, readable, outOfReach } = await readAroundLocks(client).catch((error: unknown) => {
      throw databaseError(error, 'Cannot read the catalog');
    });
    checkRoles(snapshot, model.roles.app);
    const { rows } = await client.query<{ role: string; version: string }>(
      `select current_user::pg_catalog.text as role, pg_catalog.current_setting('server_version') as version`,
    );
    const intent = compileIntent(model, snapshot);
    const {
      proofs,
      inconclusive,
      findings: proved,
    } = await proveLayer({
      snapshot,
      model,
      intent,
      scratch: request.writes ? request.connection : null,
      timeLimitMs: request.timeLimitMs,
      onProgress: request.onProgress,
    });
    const linted = request.lint === true ? lint(readable, model, intent) : [];
    const lookedFor: LookedFor = {
      layers: request.lint === true ? ['lint', 'prove'] : ['prove'],
      writes: request.writes,
      inPart: false,
      undecided: new Set([...inconclusive, ...outOfReach].map(({ object }) => object)),
    };
    const { findings, ...waivers } = applyWaivers(
      mergeFindings([...linted, ...proved]),
      model.waivers,
      lookedFor,
      new Date(),
    );
    const checks = proofs.claims.length + (request.lint === true ? lintRules.length * model.roles.app.length : 0);
    return {
      schemaVersion: 1,
      tool: { name: 'rowhouse', version: request.toolVersion },
      server: { versionNum: snapshot.serverVersionNum, version: rows[0]?.version ?? '', database: snapshot.database },
      role: { app: model.roles.app.join(', '), truth: rows[0]?.role ?? '', truthRowSecurityActive: false },
      outcome: outcomeOf(findings, inconclusive, request.failOn),
      coverage: {
        relations: intent.relations.length,
        tenants: 0,
        attackers: 0,
        checks,
        inconclusive: inconclusive.length,
        unreachable: [],
        proofs,
      },
      findings,
      inconclusive,
      ...waivers,
      durationMs: Math.round(performance.now() - started),
    };
  } finally {
    await client.end();
  }
}
