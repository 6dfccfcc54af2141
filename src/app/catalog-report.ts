import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import { readAroundLocks, type ReadAroundLocks } from '../catalog/read-around-locks.ts';
import type { Finding, Inconclusive, Severity } from '../domain/finding.ts';
import { outcomeOf, type ComparedStates, type Proofs, type Report } from '../domain/report.ts';
import { compileIntent } from '../intent/compile.ts';
import type { Intent } from '../intent/relation-intent.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { databaseError } from '../postgres/database-error.ts';
import { checkRoles } from './app-roles.ts';
import type { Project } from './project.ts';
import { applyWaivers, type LookedFor } from './waivers.ts';

export interface CatalogRequest {
  readonly project: Project;
  readonly connection: Connection;
  readonly toolVersion: string;
  readonly failOn: Severity;
}

/** A catalog, and what the model makes of it. */
export interface Catalog extends ReadAroundLocks {
  readonly intent: Intent;
}

/** What a catalog alone says. */
export interface Judgement {
  readonly findings: readonly Finding[];
  readonly inconclusive: readonly Inconclusive[];
  /** Assertions that were reached. */
  readonly checks: number;
  readonly proofs?: Proofs;
  /** What was compared, where that was asked for. */
  readonly change?: ComparedStates;
}

export interface Judge extends Pick<LookedFor, 'layers' | 'writes'>, Partial<Pick<LookedFor, 'inPart'>> {
  /** What the connection is called. */
  readonly name: string;
  readonly judge: (catalog: Catalog) => Judgement | Promise<Judgement>;
}

/**
 * Reports what is said of the catalog of a project's database; reads no row of a table.
 *
 * @throws RowhouseError where the model does not fit the database, or it cannot be read
 */
export async function catalogReport(
  { project: { model }, connection, toolVersion, failOn }: CatalogRequest,
  { name, layers, writes, inPart = false, judge }: Judge,
): Promise<Report> {
  const started = performance.now();
  const client = await connect(connection, name);
  try {
    const catalog = await readCatalog(client);
    const { snapshot, outOfReach } = catalog;
    checkRoles(snapshot, model.roles.app);
    const { role, version } = await readServer(client);
    const intent = compileIntent(model, snapshot);
    const judgement = await judge({ ...catalog, intent });
    const { inconclusive, checks, proofs, change } = judgement;
    const undecided = new Set([...inconclusive, ...outOfReach].map(({ object }) => object));
    const lookedFor = { layers, writes, inPart, undecided };
    const { findings, ...waivers } = applyWaivers(judgement.findings, model.waivers, lookedFor, new Date());
    return {
      schemaVersion: 1,
      tool: { name: 'rowhouse', version: toolVersion },
      server: { versionNum: snapshot.serverVersionNum, version, database: snapshot.database },
      role: { app: model.roles.app.join(', '), truth: role, truthRowSecurityActive: false },
      outcome: outcomeOf(findings, inconclusive, failOn),
      coverage: {
        relations: intent.relations.length,
        tenants: 0,
        attackers: 0,
        checks,
        inconclusive: inconclusive.length,
        unreachable: [],
        ...(proofs && { proofs }),
        ...(change && { change }),
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

/** Reads the catalog, and waits no longer than a moment for what others lock. */
export async function readCatalog(client: pg.ClientBase): Promise<ReadAroundLocks> {
  try {
    await client.query("set lock_timeout = '2s'");
    return await readAroundLocks(client);
  } catch (error) {
    throw databaseError(error, 'Cannot read the catalog');
  }
}

async function readServer(client: pg.ClientBase): Promise<{ readonly role: string; readonly version: string }> {
  const { rows } = await client.query<{ role: string; version: string }>(
    `select current_user::pg_catalog.text as role, pg_catalog.current_setting('server_version') as version`,
  );
  return rows[0] ?? { role: '', version: '' };
}
