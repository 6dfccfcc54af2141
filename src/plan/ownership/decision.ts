import type { QualifiedName } from '../../sql/ident.ts';

/** One step from a table towards its owner. */
export interface Hop {
  readonly columns: readonly string[];
  /** Null for a polymorphic pair, whose rows point at several tables. */
  readonly parent: QualifiedName | null;
  /** What the columns are equal to there. */
  readonly parentColumns: readonly string[];
  /** It is the parent that refers to the row, and not the row to the parent. */
  readonly backward?: true;
  /** For a pair, the table for each value of its first column, where these are known. */
  readonly tables?: ReadonlyMap<string, QualifiedName>;
}

export type Tenancy = 'root' | 'row' | 'shared' | 'user' | 'none';

/** Whose the rows of a table are, as far as the catalog tells. */
export interface Decision {
  readonly table: QualifiedName;
  readonly tenancy: Tenancy;
  /** The column that holds the tenant already. */
  readonly column: string | null;
  /** The way from the table to the root; empty where there is none. */
  readonly path: readonly Hop[];
  /** Other ways to the root, the best first. */
  readonly alternatives: readonly (readonly Hop[])[];
  /** From 0 to 1. */
  readonly confidence: number;
  /** Somebody has to say whether it is so. */
  readonly doubt: boolean;
  /** A sentence. */
  readonly reason: string;
  /** What was weighed beside it. */
  readonly evidence: readonly string[];
}

export type Verdict = Omit<Decision, 'table'>;

/** What a verdict says where there is nothing to say. */
export const nothing = { column: null, path: [], doubt: false, alternatives: [], evidence: [] } as const;

/** A table that tenancy could start at. */
export interface RootCandidate {
  readonly table: QualifiedName;
  /** From 0 to 1. */
  readonly confidence: number;
  readonly reason: string;
}

/** What `init --from-database` proposes. */
export interface Ownership {
  /** From the highest level to the lowest; empty where no table is plainly the root. */
  readonly roots: readonly QualifiedName[];
  /** Best first. */
  readonly candidates: readonly RootCandidate[];
  /** By name; empty without a root. */
  readonly tables: readonly Decision[];
  /** The name that tenant columns have here, for tables that get one. */
  readonly columnName: string | null;
  /** The table that says which users belong to which tenants. */
  readonly membership: Membership | null;
  /** Tables of the platform that the database is hosted on: they stay as they are. */
  readonly platform: readonly QualifiedName[];
}

export interface Membership {
  readonly table: QualifiedName;
  readonly user: string;
  readonly tenant: string;
  readonly users: QualifiedName;
  readonly userKey: readonly string[];
}
