import { atLeast, type Finding, type IdleWaiver, type Inconclusive, type Severity, type Waived } from './finding.ts';

export type Outcome = 'clean' | 'leaks' | 'inconclusive';

export interface Tool {
  readonly name: 'rowhouse';
  readonly version: string;
}

/** The server that was looked at; no address and no password. */
export interface Server {
  /** As `server_version_num`: 150018 is 15.18. */
  readonly versionNum: number;
  readonly version: string;
  readonly database: string;
}

/** The roles that a verification used. */
export interface VerifiedRole {
  /** The application's role whose view of the data was taken. */
  readonly app: string;
  /** The role that read the truth. */
  readonly truth: string;
  /** Whether row-level security binds the truth role on any relation: it must not. */
  readonly truthRowSecurityActive: boolean;
  /** Who logged in by --app-url, and the app roles that were read as; left out where SET ROLE led to all of them. Writes take SET ROLE. */
  readonly login?: { readonly user: string; readonly roles: readonly string[] };
}

export interface Coverage {
  readonly relations: number;
  readonly tenants: number;
  /** Tenants in whose names writes were tried; of many, a choice. */
  readonly attackers: number;
  /** Assertions that were reached. */
  readonly checks: number;
  readonly inconclusive: number;
  /** Relations of the model that the app role has no privilege to read: closed by privileges, which says nothing about their policies. */
  readonly unreachable: readonly string[];
  /** Schemas that the model leaves to another system, and what the app roles reach in them: nobody has judged it. */
  readonly unmanaged?: readonly UnmanagedRelations[];
  /** How the tenants were chosen, where not all were looked at by chance. */
  readonly sampled?: Sampled;
  /** Relations with so many shared rows that these were compared in full for a few tenants only. */
  readonly sharedInPart?: readonly SharedRowsInPart[];
  /** Rows that were made for this verification, where the database had too few. */
  readonly generated?: GeneratedRows;
  /** Functions that the app role may call and that were not called although functions were, each with the reason. */
  readonly notCalled?: readonly NotCalledFunction[];
  /** What was decided of the policies by logic, where that was asked for. */
  readonly proofs?: Proofs;
  /** Why nothing of them was, where proofs were to be had and the solver failed. */
  readonly unproved?: string;
  /** Where what a change does was decided: what there is before it, and after it. */
  readonly change?: ComparedStates;
  /** Tables with so many rows of others that only some were changed, to see whose answers change with them. */
  readonly changedInPart?: readonly string[];
}

export interface UnmanagedRelations {
  readonly schema: string;
  /** Why it is left, in the words of the model. */
  readonly reason: string;
  readonly relations: readonly string[];
}

export interface ComparedStates {
  readonly before: string;
  readonly after: string;
}

/** A choice of tenants that can be made again. */
export interface Sampled {
  /** How many there are. */
  readonly of: number;
  readonly seed: number;
}

export interface SharedRowsInPart {
  readonly relation: string;
  readonly rows: number;
  /** Tenants that were compared with all rows. */
  readonly inFull: number;
  /** Tenants that were compared with all rows but the shared ones, and of these with a few. */
  readonly inPart: number;
}

/** Claims that hold for every tenant, every row and every session, or do not, or are not decided. */
export interface Proofs {
  readonly proved: number;
  readonly refuted: number;
  readonly unknown: number;
  readonly claims: readonly ProofOfClaim[];
}

export interface ProofOfClaim {
  readonly object: string;
  readonly role: string;
  readonly command: 'select' | 'insert' | 'update' | 'delete';
  /** `sees`, `hides`, `changes`, `removes`, `makes`, `moves`, `more`, `less`: what must not be possible. */
  readonly claim: string;
  /** A session of a subject, or one without a context, or any. */
  readonly session: 'subject' | 'nobody' | 'anyone';
  readonly answer: 'proved' | 'refuted' | 'unknown';
  /** What a proof goes by beside the model; what was not understood. */
  readonly reasons: readonly string[];
}

export interface NotCalledFunction {
  readonly object: string;
  readonly reason: string;
}

export interface GeneratedRows {
  readonly tenants: number;
  readonly rows: number;
  /** Tables that got some. */
  readonly relations: number;
  /** Whether they stay; otherwise they were rolled back with the rest. */
  readonly kept: boolean;
}

/** What every report holds. */
export interface Judged {
  readonly schemaVersion: 1;
  readonly tool: Tool;
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
  readonly inconclusive: readonly Inconclusive[];
  readonly waived: readonly Waived[];
  /** Waivers that have ended, or match no finding of a run that looked for it. */
  readonly idleWaivers: readonly IdleWaiver[];
  readonly durationMs: number;
}

/** The JSON report (contract): `schemaVersion` changes when a key changes its meaning. */
export interface Report extends Judged {
  readonly server: Server;
  readonly role: VerifiedRole;
  readonly coverage: Coverage;
}

/** What files would do to a database in use. */
export interface MigrationsReport extends Judged {
  readonly coverage: FileCoverage;
}

export interface FileCoverage {
  /** Files that were judged; those that have run were read only. */
  readonly files: number;
  readonly statements: number;
  /** Rules that were applied to each statement. */
  readonly rules: number;
  /** Where there is a DO block or a CALL, into which nobody sees: `migrations/0001_roles.sql:12`. */
  readonly unseen: readonly string[];
}

/** Findings at or above `threshold` are leaks, before anything inconclusive; only a report with neither is clean. */
export function outcomeOf(
  findings: readonly Finding[],
  inconclusive: readonly Inconclusive[],
  threshold: Severity,
): Outcome {
  if (findings.some((f) => atLeast(f.severity, threshold))) return 'leaks';
  return inconclusive.length > 0 ? 'inconclusive' : 'clean';
}
