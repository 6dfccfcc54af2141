import type pg from 'pg';
import { nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { OutOfReach } from '../catalog/read-around-locks.ts';
import { RowhouseError } from '../domain/errors.ts';
import type { Finding, Severity } from '../domain/finding.ts';
import type { Proofs, Tool } from '../domain/report.ts';
import type { Generated } from '../generate/generate-rows.ts';
import type { ContextAssignment } from '../intent/context.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { FunctionModel, UnmanagedSchema, Waiver } from '../model/model.ts';
import type { AskedQuery } from '../probe/asked.ts';
import type { Estimate } from '../probe/input.ts';
import type { AppConnection } from '../probe/login/login.ts';
import { formatQualified } from '../sql/ident.ts';
import { checkRoles } from './app-roles.ts';
import type { RowMaker } from './generate.ts';

/** What is being done, for a progress line. */
export interface VerifyProgress {
  readonly probe: string;
  /** Such as `rows of public.tools`. */
  readonly step: string;
  /** How much of a long step is done, 0 to 1, where that is known. */
  readonly fraction?: number;
}

/** How much is looked at, and what it may cost. */
export interface VerifyScope {
  /** Another seed chooses another sample. */
  readonly sampleSeed?: number;
  /** Connections that read at once, the client's included: 2 where nothing is said. Without `connect` there is one. */
  readonly jobs?: number;
  /** No statement runs longer, in milliseconds. */
  readonly statementTimeoutMs?: number;
  /** No statement waits longer for a lock, in milliseconds. */
  readonly lockTimeoutMs?: number;
  /** After so many milliseconds what is left is inconclusive. */
  readonly timeLimitMs?: number;
  /** Said once, before the long part begins. */
  readonly onEstimate?: (estimate: Estimate) => void;
}

export interface VerifyOptions extends VerifyScope {
  readonly tool: Tool;
  /** The roles that the application uses; at least one. */
  readonly appRoles: readonly string[];
  /** The settings of a session that works for a subject. */
  readonly contextOf: (subject: string) => readonly ContextAssignment[];
  /** Subjects are users with memberships, and not tenants. */
  readonly membership?: boolean;
  /** Try writes too, in transactions that are rolled back: for scratch databases. */
  readonly writes?: boolean;
  /** Makes rows in a database that has too few, where writes are allowed: they are rolled back with the rest. */
  readonly rowMaker?: RowMaker;
  /** Rows that were generated for this verification, and stay. */
  readonly generated?: Generated;
  /** A connection that logs in as the application does, for what is read; without it SET ROLE leads to the app roles. */
  readonly appConnection?: AppConnection;
  readonly failOn?: Severity;
  /** Which subjects: all, a sample of so many, or these. */
  readonly tenants?: 'all' | number | readonly string[];
  /** Opens further connections, as the client's role to the same database, to share the reading; they are closed at the end. */
  readonly connect?: () => Promise<pg.Client>;
  /** Only these relations, as `schema.relation`; all where left out. */
  readonly relations?: readonly string[];
  /** Whether functions are called, and queries asked, where only some relations are looked at. */
  readonly calls?: boolean;
  /** Queries of the application, each one SELECT: their answers must not depend on rows of others. */
  readonly queries?: readonly AskedQuery[];
  /** Calls of functions that are not made otherwise. */
  readonly functions?: readonly Pick<FunctionModel, 'signature' | 'calls'>[];
  /** Schemas that are another system's: what the app roles reach there is named in the report, and not judged. */
  readonly unmanaged?: readonly UnmanagedSchema[];
  readonly waivers?: readonly Waiver[];
  /** What of the snapshot has no definitions: it is inconclusive. */
  readonly outOfReach?: readonly OutOfReach[];
  /** What another layer has found: it is reported with the rest, and what both found once. */
  readonly known?: { readonly findings: readonly Finding[]; readonly checks: number };
  /** What was proved of the policies, and what was not. */
  readonly proved?: { readonly findings: readonly Finding[]; readonly proofs: Proofs };
  /** Why nothing was, where the solver failed. */
  readonly unproved?: string;
  /** Today, for waivers that end. */
  readonly now?: Date;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** @throws RowhouseError `no-app-role`, `unknown-role`, `unknown-relation` */
export function checkUsage(intent: Intent, snapshot: CatalogSnapshot, options: VerifyOptions): void {
  checkRoles(snapshot, options.appRoles);
  const known = new Set([...intent.relations, ...snapshot.relations.map(nameOf)].map(formatQualified));
  const relation = options.relations?.find((name) => !known.has(name));
  if (relation !== undefined) {
    throw new RowhouseError('usage', 'unknown-relation', `There is no relation ${relation} to verify.`, {
      hint: 'Give it as schema.relation, as the model names it.',
    });
  }
}
