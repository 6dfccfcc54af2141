import { nameOf } from '../catalog/lookup.ts';
import type { Constraint, Index, Relation } from '../catalog/snapshot.ts';
import { quoteLiteral } from '../sql/ident.ts';
import { written, writtenName } from '../sql/written.ts';

/**
 * Parts of an ALTER TABLE by which a table goes on by another index: its replica identity and what CLUSTER goes by are forgotten
 * with the index that is dropped, and a published table without a replica identity takes no UPDATE and no DELETE.
 */
export function marksOf({ indisreplident, indisclustered }: Index, name: string): readonly string[] {
  return [
    ...(indisreplident ? [`replica identity using index ${written(name)}`] : []),
    ...(indisclustered ? [`cluster on ${written(name)}`] : []),
  ];
}

/** What was said of a constraint, of the one that takes its place. */
export function commentOnConstraint(relation: Relation, { comment }: Constraint, name: string): readonly string[] {
  if (comment === null) return [];
  return [`comment on constraint ${written(name)} on ${writtenName(nameOf(relation))} is ${quoteLiteral(comment)}`];
}

/** What was said of an index, of the one that takes its place. */
export function commentOnIndex({ nspname: schema }: Relation, { comment }: Index, name: string): readonly string[] {
  return comment === null ? [] : [`comment on index ${writtenName({ schema, name })} is ${quoteLiteral(comment)}`];
}
