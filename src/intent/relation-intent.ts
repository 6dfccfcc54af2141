import type { QualifiedName } from '../sql/ident.ts';

/**
 * What the model says of one relation, compiled against the catalog.
 *
 * The predicates are SQL over the relation under the alias `t`, every other name schema-qualified. `$1` is the subject as
 * text: a tenant's id, or a user's id under a membership model. They are never NULL. They hold no other parameter, and
 * `foreign` and `unwritable` always hold this one, so that it can be bound without looking.
 * They say the truth only to a role that row-level security does not bind.
 */
export interface RelationIntent extends QualifiedName {
  readonly kind: 'table' | 'view';
  readonly tenancy: 'root' | 'row' | 'shared' | 'none' | 'schema';
  /** This row is foreign to the subject: it may not see it. */
  readonly foreign: string;
  /** This row is shared with every subject, whoever owns it. Independent of `$1`. */
  readonly shared: string;
  /** This row is not the subject's to change: foreign, or shared with it for reading only. */
  readonly unwritable: string;
  /** Whether a subject must see every row that is not foreign; false where the application hides some, by role or by time. */
  readonly complete: boolean;
  /** The column that holds the owner, where a column does. */
  readonly tenantColumn: string | null;
  /** The column that holds the user who owns the row beside its tenant, where the model names one. */
  readonly userColumn: string | null;
  /** This row is foreign, and the tenant of its own of a user with whom the subject has a tenant in common; null where users have none. */
  readonly acquainted: string | null;
  /** Whether any subject may add a tenant here. */
  readonly signup: boolean;
  /** Unique keys, by their columns, that hold for all tenants on purpose. */
  readonly oracles: readonly (readonly string[])[];
  /** Which tenants own a row; null for views, and where rows have no owners. */
  readonly ownership: Ownership | null;
  /** The ids of other rows that no foreign key sees. */
  readonly embedded: readonly EmbeddedIds[];
  /** The table that a view stands for. */
  readonly base: QualifiedName | null;
  /** Why, in the model's own words. */
  readonly reason: string | null;
}

/** Which tenants own a row, as SQL over the alias `t`: tenants also where the subjects are users. */
export interface Ownership {
  /**
   * Where a row says it. `children` are rows of another table that refer to it: they come and go with no change of the row,
   * there may be several of different tenants, and none.
   */
  readonly by: 'key' | 'column' | 'expression' | 'parent' | 'children' | 'schema';
  /** A query of one column `owner`: the tenants' ids as text, among them NULL where a row names none. */
  readonly owners: string;
  /** The row should name a tenant and names none; shared rows may be among these. Null where that is no fault. */
  readonly unowned: string | null;
  /** On its way to a tenant a row passes another that may be a user's beside its tenant's, and so may it. */
  readonly passesUser: boolean;
}

/** Ids that the rows of a relation hold of the rows of another. */
export interface EmbeddedIds {
  /** As the model writes it: `blocks[]`. */
  readonly key: string;
  /** A query over the alias `t` of one column `id`: the ids as text; never NULL. */
  readonly ids: string;
  readonly target: QualifiedName;
  /** The column of the target that they are ids of. */
  readonly column: string;
}

/** The whole model, compiled. */
export interface Intent {
  readonly relations: readonly RelationIntent[];
  /** A query without parameters: one column `id` of text, every subject once, in a stable order. Run as a role that row-level security does not bind. */
  readonly subjects: string;
  /** Where subjects are users, a query of their memberships: an `id` and a `tenant` as text, each pair once. Null where they are tenants. */
  readonly memberships: string | null;
  /** The id of the platform tenant as text, if the model has one. */
  readonly platform: string | null;
  /** What the model names and the database does not have yet; empty unless a partial compilation was asked for. */
  readonly missing: readonly QualifiedName[];
}
