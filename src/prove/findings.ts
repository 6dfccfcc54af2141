import { nameOf } from '../catalog/lookup.ts';
import { finding, type Finding, type Inconclusive } from '../domain/finding.ts';
import type { Rule } from '../domain/rule.ts';
import { foreignRowVisible } from '../domain/rules/foreign-row-visible.ts';
import { foreignRowWritable } from '../domain/rules/foreign-row-writable.ts';
import { policyCheckWeaker } from '../domain/rules/policy-check-weaker.ts';
import { policyFailsOpen } from '../domain/rules/policy-fails-open.ts';
import { policyHidesOwn } from '../domain/rules/policy-hides-own.ts';
import { policySharedWritable } from '../domain/rules/policy-shared-writable.ts';
import { policyWrongCommand } from '../domain/rules/policy-wrong-command.ts';
import type { Model } from '../model/model.ts';
import { formatQualified } from '../sql/ident.ts';
import { changeRules } from './change-rules.ts';
import type { Claim, ClaimKind } from './claim.ts';
import { evaluate } from './evaluate.ts';
import type { Decided } from './prove.ts';
import type { Example } from './question.ts';
import type { Row } from './term.ts';
import { describe, jsonRow } from './words.ts';

/** The rules whose findings may come of a proof that fails. */
export const proofRules: readonly Rule[] = [
  foreignRowVisible,
  foreignRowWritable,
  policyCheckWeaker,
  policyFailsOpen,
  policyHidesOwn,
  policySharedWritable,
  policyWrongCommand,
  ...changeRules,
];

/** Whether the server did what a counterexample says, when it was tried; why not, where it was not tried. */
export type Replayed = { readonly confirmed: boolean } | { readonly notTried: string };

/** What is wrong by the counterexamples. One that was not replayed is a warning: nobody has seen it yet. */
export function findingsOf(
  model: Model,
  decided: readonly Decided[],
  replayed: ReadonlyMap<Claim, Replayed>,
): readonly Finding[] {
  return decided.flatMap(({ claim, verdict }) => {
    if (verdict.verdict !== 'refuted' || isConsequence(claim, decided)) return [];
    const replay = replayed.get(claim) ?? { notTried: 'it was not tried on the server' };
    // The server knows better.
    if ('confirmed' in replay && !replay.confirmed) return [];
    const rule = ruleOf(claim, verdict.example, decided);
    const seen = 'confirmed' in replay ? '' : ` (by its policies: ${replay.notTried})`;
    return [
      finding(
        {
          ruleId: rule.id,
          severity: 'confirmed' in replay && !harmless.has(claim.kind) ? rule.severity : 'warning',
          object: formatQualified(claim.relation),
          message: `${describe(model, claim, verdict.example, claim.role)}${seen}`,
          help: rule.help,
          evidence: {
            role: claim.role,
            counterexample: { claim: claim.kind, ...evidenceOf(claim.row, verdict.example) },
            replayed: 'confirmed' in replay,
          },
        },
        claim.kind === 'refuses' ? `refuses ${claim.command}` : '',
      ),
    ];
  });
}

/** What lets nobody see or change anything of others. */
const harmless: ReadonlySet<ClaimKind> = new Set(['tells', 'refuses']);

/** What was not understood, and what the server did not do as it should by the proof. */
export function inconclusiveOf(
  decided: readonly Decided[],
  replayed: ReadonlyMap<Claim, Replayed>,
): readonly Inconclusive[] {
  return decided.flatMap(({ claim, verdict }) => {
    const replay = replayed.get(claim);
    const object = formatQualified(claim.relation);
    if (verdict.verdict === 'unknown') {
      if (isToldAlready(claim, decided)) return [];
      const { id } = ruleOf(claim, null, decided);
      return [{ ruleId: id, object, reason: `${titleOf(claim)}: ${verdict.reasons.join('; ')}.` }];
    }
    if (verdict.verdict !== 'refuted' || replay === undefined || !('confirmed' in replay) || replay.confirmed)
      return [];
    const { id } = ruleOf(claim, verdict.example, decided);
    return [{ ruleId: id, object, reason: `${titleOf(claim)}: the server did not do what the counterexample says.` }];
  });
}

/** What is not understood of a policy is told of one claim, and not of those that ask the same of it. */
function isToldAlready(claim: Claim, decided: readonly Decided[]): boolean {
  const other = ({ refuses: 'hides', tells: 'changes' } as Readonly<Record<string, ClaimKind>>)[claim.kind];
  return other !== undefined && find(decided, { ...claim, kind: other }) === 'unknown';
}

/** A claim in words, for what is not decided. */
export function titleOf({ kind, role, session, command }: Claim): string {
  const titles = {
    sees: 'whether foreign rows are hidden',
    hides: 'whether all own rows are visible',
    changes: 'whether other rows are safe from UPDATE',
    tells: 'whether UPDATE comes upon no foreign row',
    removes: 'whether other rows are safe from DELETE',
    makes: 'whether INSERT makes own rows alone',
    moves: 'whether UPDATE leaves rows where they are',
    refuses: `whether ${command.toUpperCase()} lets own rows pass`,
  } as const;
  return `${titles[kind]} as ${role}${session === 'nobody' ? ' without a context' : ''}`;
}

/** One fault is told once: with every tenant, no context is needed; what can be changed, it tells of; what cannot be seen, no WHERE finds. */
function isConsequence(claim: Claim, decided: readonly Decided[]): boolean {
  const { kind, session, command } = claim;
  const isRefuted = (other: Partial<Claim>): boolean => find(decided, { ...claim, ...other }) === 'refuted';
  if (session === 'nobody' && isRefuted({ session: 'subject' })) return true;
  if (kind === 'tells') return isRefuted({ kind: 'changes' }) || isRefuted({ kind: 'changes', session: 'subject' });
  return kind === 'refuses' && command !== 'insert' && isRefuted({ kind: 'hides' });
}

function find(
  decided: readonly Decided[],
  { relation, role, kind, session }: Pick<Claim, 'relation' | 'role' | 'kind' | 'session'>,
): string | undefined {
  return decided.find(
    ({ claim }) =>
      claim.relation.schema === relation.schema &&
      claim.relation.name === relation.name &&
      claim.role === role &&
      claim.kind === kind &&
      claim.session === session,
  )?.verdict.verdict;
}

function ruleOf(claim: Claim, example: Example | null, decided: readonly Decided[]): Rule {
  const { kind, session } = claim;
  if (session === 'nobody') return policyFailsOpen;
  switch (kind) {
    case 'sees':
      return foreignRowVisible;
    case 'hides':
    case 'refuses':
      return policyHidesOwn;
    case 'tells':
      return policyWrongCommand;
    case 'makes':
    case 'moves':
      return policyCheckWeaker;
    case 'changes':
    case 'removes': {
      if (example !== null && !isForeign(claim, example)) return policySharedWritable;
      return find(decided, { ...claim, kind: 'sees', session: 'subject' }) === 'proved'
        ? policyWrongCommand
        : foreignRowWritable;
    }
  }
}

function isForeign({ foreign }: Claim, { situation, rows }: Example): boolean {
  const result = foreign && evaluate(situation, foreign, rows);
  return result?.kind === 'value' && result.value === true;
}

/** A counterexample as JSON. */
export function evidenceOf(row: Row | null, { situation, rows }: Example): Readonly<Record<string, unknown>> {
  const values = row && rows.get(row);
  return {
    subject: situation.subject,
    settings: Object.fromEntries(situation.settings),
    ...(values && { row: jsonRow(values) }),
    tables: Object.fromEntries(
      [...situation.tables].flatMap(([oid, stored]) => {
        const relation = situation.snapshot.relations.find((one) => one.oid === oid);
        return relation ? [[formatQualified(nameOf(relation)), stored.map(jsonRow)]] : [];
      }),
    ),
  };
}
