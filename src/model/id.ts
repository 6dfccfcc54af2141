import type { KeyType } from './model.ts';

const integers: Partial<Record<KeyType, readonly [bigint, bigint]>> = {
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** Why a text is not an id of that type, or null. */
export function idProblem(text: string, type: KeyType): string | null {
  if (type === 'text') return null;
  if (type === 'uuid') {
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? null : `is not a uuid: ${text}`;
  }
  const [least, most] = integers[type] ?? [0n, 0n];
  const fits =
    /^[+-]?\d+$/.test(text) && BigInt(text.replace('+', '')) >= least && BigInt(text.replace('+', '')) <= most;
  return fits ? null : `is not ${type === 'integer' ? 'an integer' : 'a bigint'}: ${text}`;
}
