import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { mergeFindings } from '../domain/finding.ts';
import { type Coverage, outcomeOf, type Report, type Sampled, type VerifiedRole } from '../domain/report.ts';
import type { Generated } from '../generate/generate-rows.ts';
import type { Tally } from '../probe/tally.ts';
import { parseQualified } from '../sql/ident.ts';
import type { VerifyOptions } from './verify-options.ts';
import { applyWaivers, type LookedFor } from './waivers.ts';

/** What a verification has come to know, beside what its probes have told the tally. */
export interface Verified {
  readonly snapshot: CatalogSnapshot;
  readonly serverVersion: string;
  readonly role: VerifiedRole;
  readonly relations: number;
  readonly tenants: number;
  readonly sampled: Sampled | null;
  readonly generated: Generated | undefined;
  readonly tally: Tally;
  readonly durationMs: number;
}

/** What all layers have found, each thing once, and without what the model accepts. */
export function reportOf(verified: Verified, options: VerifyOptions): Report {
  const { snapshot, serverVersion, role, tally, durationMs } = verified;
  const found = mergeFindings([
    ...(options.known?.findings ?? []),
    ...tally.findings,
    ...(options.proved?.findings ?? []),
  ]);
  const lookedFor = lookedForBy(verified, options);
  const now = options.now ?? new Date();
  const { findings, ...waivers } = applyWaivers(found, options.waivers ?? [], lookedFor, now);
  const inconclusive = tally.inconclusives;
  return {
    schemaVersion: 1,
    tool: options.tool,
    server: { versionNum: snapshot.serverVersionNum, version: serverVersion, database: snapshot.database },
    role,
    outcome: outcomeOf(findings, inconclusive, options.failOn ?? 'warning'),
    coverage: coverageOf(verified, options),
    findings,
    inconclusive,
    ...waivers,
    durationMs,
  };
}

function lookedForBy({ tally, sampled }: Verified, options: VerifyOptions): LookedFor {
  const { known, writes = false, tenants = 'all', relations } = options;
  return {
    layers: known === undefined ? ['probe'] : ['lint', 'probe'],
    writes,
    inPart: sampled !== null || typeof tenants === 'object' || relations !== undefined,
    undecided: new Set(tally.inconclusives.map(({ object }) => object)),
  };
}

function coverageOf(
  verified: Verified,
  { known, proved, unproved, generated: stored, unmanaged = [] }: VerifyOptions,
): Coverage {
  const { relations, tenants, sampled, generated, tally } = verified;
  return {
    relations,
    tenants,
    attackers: tally.attackers,
    checks: (known?.checks ?? 0) + tally.checks + (proved?.proofs.claims.length ?? 0),
    inconclusive: tally.inconclusives.length,
    unreachable: tally.unreachables,
    ...(unmanaged.length > 0 && {
      unmanaged: unmanaged.map(({ schema, reason }) => ({
        schema,
        reason,
        relations: tally.unmanagedRelations.filter((name) => parseQualified(name)?.schema === schema),
      })),
    }),
    ...(proved && { proofs: proved.proofs }),
    ...(unproved !== undefined && { unproved }),
    ...(sampled && { sampled }),
    ...(tally.sharedRowsInPart.length > 0 && { sharedInPart: tally.sharedRowsInPart }),
    ...(generated && {
      generated: {
        tenants: generated.tenants,
        rows: generated.rows,
        relations: generated.relations.length,
        kept: stored !== undefined,
      },
    }),
    ...(tally.notCalled.length > 0 && { notCalled: tally.notCalled }),
    ...(tally.changedInPart.length > 0 && { changedInPart: tally.changedInPart }),
  };
}
