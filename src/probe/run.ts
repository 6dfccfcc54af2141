import { type AfterwardsOfTarget, observeAfterwards } from './afterwards.ts';
import { type ContextlessOfTarget, observeContextless, observeUnset } from './contextless.ts';
import type { RunInput } from './input.ts';
import type { VisibilityOfTarget } from './judge.ts';
import { observeInterference } from './noninterference/interference.ts';
import type { Interference } from './noninterference/ledger.ts';
import { observeVisibility } from './visibility.ts';
import { type CallsOfRoutine, observeCalls } from './write/called.ts';
import { type CollateralOfTarget, observeCollateral } from './write/collateral.ts';
import { observeWrites } from './write/observe.ts';
import { observeOracles, type OraclesOfTarget } from './write/oracles.ts';
import { type CrossingsOfReference, observeReferences } from './write/references.ts';
import type { WritesOfTarget } from './write/effect.ts';
import { observeUnsetWrites, type WithoutContextOfTarget } from './write/without-context.ts';

/** The observations that several probes judge are made once, when the first probe asks. */
export interface ProbeRun extends RunInput {
  readonly contextless: () => Promise<readonly ContextlessOfTarget[]>;
  readonly afterwards: () => Promise<readonly AfterwardsOfTarget[]>;
  readonly visibility: () => Promise<readonly VisibilityOfTarget[]>;
  readonly writes: () => Promise<readonly WritesOfTarget[]>;
  readonly unsetWrites: () => Promise<readonly WithoutContextOfTarget[]>;
  readonly collateral: () => Promise<readonly CollateralOfTarget[]>;
  readonly oracles: () => Promise<readonly OraclesOfTarget[]>;
  readonly calls: () => Promise<readonly CallsOfRoutine[]>;
  readonly references: () => Promise<readonly CrossingsOfReference[]>;
  readonly interference: () => Promise<Interference>;
}

/** Begins a run. With several app roles, begin all before a probe of any: a session is without a context only once. */
export async function beginRun(input: RunInput): Promise<ProbeRun> {
  const unset = await observeUnset(input);
  const visibility = once(() => observeVisibility(input));
  const unsetWrites = once(() => observeUnsetWrites(input));
  if (input.writesHere === true) await unsetWrites();
  return {
    ...input,
    contextless: once(() => observeContextless(input, unset)),
    afterwards: once(() => observeAfterwards(input)),
    visibility,
    writes: once(() => observeWrites(input)),
    unsetWrites,
    references: once(() => observeReferences(input)),
    interference: once(async () => observeInterference(input, await visibility())),
    collateral: once(() => observeCollateral(input)),
    calls: once(() => observeCalls(input)),
    oracles: once(() => observeOracles(input)),
  };
}

function once<T>(observe: () => Promise<T>): () => Promise<T> {
  let observed: Promise<T> | undefined;
  return () => (observed ??= observe());
}
