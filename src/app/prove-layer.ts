import { performance } from 'node:perf_hooks';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Finding, Inconclusive } from '../domain/finding.ts';
import type { Proofs } from '../domain/report.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { Model } from '../model/model.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import type { Claim } from '../prove/claim.ts';
import { findingsOf, inconclusiveOf, type Replayed } from '../prove/findings.ts';
import { prove, type Decided } from '../prove/prove.ts';
import { Solver } from '../prove/smt/solver.ts';
import { formatQualified } from '../sql/ident.ts';
import { replay } from './prove-replay.ts';
import type { VerifyProgress } from './verify-options.ts';

export interface ProveLayerRequest {
  readonly snapshot: CatalogSnapshot;
  readonly model: Model;
  readonly intent: Intent;
  /** Where counterexamples may be tried, in transactions that are rolled back; null where nothing may be written. */
  readonly scratch: Connection | null;
  readonly timeLimitMs: number;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** What the proofs came to, for a report. */
export interface ProveLayer {
  readonly findings: readonly Finding[];
  readonly inconclusive: readonly Inconclusive[];
  readonly proofs: Proofs;
}

/** Decides the policies by logic, and tries the counterexamples on the server where that is allowed. */
export async function proveLayer(request: ProveLayerRequest): Promise<ProveLayer> {
  const { snapshot, model, intent, timeLimitMs, onProgress } = request;
  const started = performance.now();
  const solver = new Solver();
  try {
    const decided = await prove(solver, snapshot, model, intent, {
      isOver: () => performance.now() - started > timeLimitMs,
      onProgress: ({ claim, fraction }) =>
        onProgress?.({ probe: 'prove', step: `proofs for ${formatQualified(claim.relation)}`, fraction }),
    });
    const replayed = await replayAll(request, decided);
    return {
      findings: findingsOf(model, decided, replayed),
      inconclusive: inconclusiveOf(decided, replayed),
      proofs: proofsOf(decided),
    };
  } finally {
    await solver.close();
  }
}

async function replayAll(
  { scratch, model, intent }: ProveLayerRequest,
  decided: readonly Decided[],
): Promise<ReadonlyMap<Claim, Replayed>> {
  const replayed = new Map<Claim, Replayed>();
  const refuted = decided.flatMap(({ claim, verdict }) =>
    verdict.verdict === 'refuted' ? [{ claim, example: verdict.example }] : [],
  );
  if (scratch === null || refuted.length === 0) return replayed;
  for (const { claim, example } of refuted) {
    // A connection for each: a session that has had a context cannot show any more what one without does.
    const client = await connect(scratch, 'rowhouse prove');
    try {
      replayed.set(claim, await replay(client, model, intent, claim, example));
    } finally {
      await client.end();
    }
  }
  return replayed;
}

function proofsOf(decided: readonly Decided[]): Proofs {
  const claims = decided.map(({ claim, verdict }) => ({
    object: formatQualified(claim.relation),
    role: claim.role,
    command: claim.command,
    claim: claim.kind,
    session: claim.session,
    answer: verdict.verdict,
    reasons: verdict.verdict === 'proved' ? verdict.notes : verdict.verdict === 'unknown' ? verdict.reasons : [],
  }));
  const count = (answer: string): number => claims.filter((claim) => claim.answer === answer).length;
  return { proved: count('proved'), refuted: count('refuted'), unknown: count('unknown'), claims };
}
