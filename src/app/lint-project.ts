import { performance } from 'node:perf_hooks';
import { readAroundLocks } from '../catalog/read-around-locks.ts';
import type { Severity } from '../domain/finding.ts';
import { outcomeOf, type Report } from '../domain/report.ts';
import { compileIntent } from '../intent/compile.ts';
import { lintRules } from '../lint/index.ts';
import { lint } from '../lint/lint.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { databaseError } from '../postgres/database-error.ts';
import type { Project } from './project.ts';
import { applyWaivers } from './waivers.ts';
import { checkRoles } from './app-roles.ts';

export interface LintRequest {
  readonly project: Project;
  readonly connection: Connection;
  readonly toolVersion: string;
  readonly failOn: Severity;
}

/**
 * Looks for what is wrong in the catalog of a project's database; reads no row of a table.
 *
 * @throws RowhouseError where the model does not fit the database, or it cannot be read
 */
export async function lintProject(request: LintRequest): Promise<Report> {
  const started = performance.now();
  const { model } = request.project;
  const client = await connect(request.connection, 'rowhouse lint');
  try {
    await client.query("set lock_timeout = '2s'");
    const { snapshot, readable, outOfReach } = await readAroundLocks(client);
    checkRoles(snapshot, model.roles.app);
    const { rows } = await client.query<{ role: string; version: string }>(
      `select current_user::pg_catalog.text as role, pg_catalog.current_setting('server_version') as version`,
    );
    const intent = compileIntent(model, snapshot);
    const lookedFor = {
      layers: ['lint'],
      writes: false,
      inPart: false,
      undecided: new Set(outOfReach.map(({ object }) => object)),
    } as const;
    const { findings, ...waivers } = applyWaivers(lint(readable, model, intent), model.waivers, lookedFor, new Date());
    // Whichever rule it was: none could look at it.
    const inconclusive = outOfReach.map((one) => ({ ruleId: 'rls-disabled', ...one }));
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
        checks: lintRules.length * model.roles.app.length,
        inconclusive: inconclusive.length,
        unreachable: [],
      },
      findings,
      inconclusive,
      ...waivers,
      durationMs: Math.round(performance.now() - started),
    };
  } catch (error) {
    throw databaseError(error, 'Cannot read the catalog');
  } finally {
    await client.end();
  }
}
