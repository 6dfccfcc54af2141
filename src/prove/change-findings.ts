import type { Command } from '../access/policies.ts';
import { finding, type Finding, type Inconclusive } from '../domain/finding.ts';
import { accessNarrowed } from '../domain/rules/access-narrowed.ts';
import { accessWidened } from '../domain/rules/access-widened.ts';
import { formatQualified, quoteLiteral } from '../sql/ident.ts';
import type { Addition } from './change.ts';
import { evidenceOf } from './findings.ts';
import type { Change, DecidedDifference } from './prove-change.ts';
import type { Example } from './question.ts';
import { besides, columnsOf, when } from './words.ts';

/** What a change gives and what it takes, each with the row that shows it. */
export function changeFindings({ differences, additions }: Change): readonly Finding[] {
  return [...differences.flatMap(findingsOf), ...additions.map(ofAddition)];
}

/** What may become possible, and is not understood. That something may be taken is no reason to stop. */
export function changeInconclusive({ differences }: Change): readonly Inconclusive[] {
  return differences.flatMap(({ relation, role, command, direction, verdict }) => {
    if (direction === 'less' || verdict.verdict !== 'unknown' || command === null) return [];
    const reason = `whether ${role} can ${deeds[command]} it that it could not before: ${verdict.reasons.join('; ')}.`;
    return [{ ruleId: accessWidened.id, object: formatQualified(relation), reason }];
  });
}

const deeds: Readonly<Record<Command, string>> = {
  select: 'see a row of',
  insert: 'insert a row into',
  update: 'update a row of',
  delete: 'delete a row of',
};

function findingsOf(difference: DecidedDifference): readonly Finding[] {
  const { relation, role, command, direction, verdict, granted } = difference;
  const rule = direction === 'more' ? accessWidened : accessNarrowed;
  const state = direction === 'more' ? 'after the change and not before it' : 'before the change and not after it';
  const object = formatQualified(relation);
  const { id: ruleId, severity, help } = rule;
  const found: Finding[] = [];
  if (verdict.verdict === 'refuted' && command !== null) {
    const { example } = verdict;
    const message = `${role} can ${deeds[command]} ${object}${describeRow(difference, example)} ${state}, ${sessionOf(example)}${when(example)}`;
    const evidence = { role, command, counterexample: evidenceOf(difference.row, example) };
    found.push(finding({ ruleId, severity, object, message, help, evidence }, `${role} ${command}`));
  }
  if (granted.length > 0) {
    const message = `${role} has ${granted.join(', ')} on ${object} ${state}`;
    const evidence = { role, privileges: granted };
    found.push(finding({ ruleId, severity, object, message, help, evidence }, `${role} ${command ?? ''} privileges`));
  }
  return found;
}

function ofAddition({ relation, role }: Addition): Finding {
  const object = formatQualified(relation);
  const message = `${object} is there only after the change, and ${role} has privileges on it: there is nothing to compare it with`;
  const { id: ruleId, help } = accessWidened;
  return finding({ ruleId, severity: 'info', object, message, help, evidence: { role } }, `${role} new`);
}

function describeRow({ row, question }: DecidedDifference, example: Example): string {
  const values = row === null ? undefined : example.rows.get(row);
  if (values === undefined) return besides(example, undefined);
  const before = question?.rows[0]?.row;
  const old = before === undefined || before === row ? undefined : example.rows.get(before);
  const from = old === undefined ? '' : `, of one with ${columnsOf(row?.relation, old)}`;
  return ` with ${columnsOf(row?.relation, values)}${from}${besides(example, values)}`;
}

function sessionOf({ situation: { settings } }: Example): string {
  const set = [...settings].map(([name, value]) => `${name} is ${quoteLiteral(value).trim()}`);
  return set.length === 0 ? 'in a session that sets nothing' : `in a session where ${set.join(' and ')}`;
}
