/** A formula or a term in SMT-LIB. Those that are decided are `true` and `false`, and simplify what they are in. */
export type Formula = string;

export function and(...parts: readonly Formula[]): Formula {
  const needed = [...new Set(parts)].filter((part) => part !== 'true');
  if (needed.includes('false')) return 'false';
  return needed.length <= 1 ? (needed[0] ?? 'true') : `(and ${needed.join(' ')})`;
}

export function or(...parts: readonly Formula[]): Formula {
  const possible = [...new Set(parts)].filter((part) => part !== 'false');
  if (possible.includes('true')) return 'true';
  return possible.length <= 1 ? (possible[0] ?? 'false') : `(or ${possible.join(' ')})`;
}

export function not(part: Formula): Formula {
  if (part === 'true') return 'false';
  if (part === 'false') return 'true';
  return part.startsWith('(not ') ? part.slice('(not '.length, -1) : `(not ${part})`;
}

export function implies(from: Formula, to: Formula): Formula {
  return or(not(from), to);
}

export function equal(left: Formula, right: Formula): Formula {
  if (left === right) return 'true';
  if (right === 'true') return left;
  if (left === 'true') return right;
  if (right === 'false') return not(left);
  return left === 'false' ? not(right) : `(= ${left} ${right})`;
}

export function either(condition: Formula, then: Formula, otherwise: Formula): Formula {
  if (condition === 'true' || then === otherwise) return then;
  if (condition === 'false') return otherwise;
  if (then === 'true') return or(condition, otherwise);
  if (then === 'false') return and(not(condition), otherwise);
  if (otherwise === 'false') return and(condition, then);
  return otherwise === 'true' ? or(not(condition), then) : `(ite ${condition} ${then} ${otherwise})`;
}
