import { quoteQualified } from '../../sql/ident.ts';
import type { Mutation } from '../mutation.ts';

export const sequenceReadable: Mutation = {
  id: 'sequence-readable',
  foundBy: [],
  needs: 'A sequence that a table of tenants owns.',
  *plant(scene) {
    const owned = scene.snapshot.sequences.find(({ ownedByRelation }) =>
      scene.tables.some(({ relation }) => relation.oid === ownedByRelation),
    );
    if (owned === undefined) return;
    const sequence = quoteQualified({ schema: owned.nspname, name: owned.relname });
    const change = { object: `${owned.nspname}.${owned.relname}`, relations: [] };
    for (const privilege of ['select', 'usage']) {
      yield { ...change, variant: privilege, sql: `grant ${privilege} on sequence ${sequence} to ${scene.app};` };
    }
  },
};
