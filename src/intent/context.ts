import type { Model } from '../model/model.ts';

/** A setting of a session, to be applied by `select set_config($1, $2, true)`. */
export interface ContextAssignment {
  readonly setting: string;
  readonly value: string;
}

/** How a session says that it is for `subject`: a plain setting, or the subject among the claims of a JSON one. */
export function contextAssignments({ context }: Model, subject: string): readonly ContextAssignment[] {
  const value = context.json === null ? subject : JSON.stringify(withClaim(context.claims, context.json, subject));
  return [{ setting: context.setting, value }];
}

type Claims = Readonly<Record<string, unknown>>;

function withClaim(claims: Claims, [key, ...rest]: readonly string[], subject: string): Claims {
  if (key === undefined) return claims;
  const inner = claims[key];
  const nested = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Claims) : {};
  return { ...claims, [key]: rest.length === 0 ? subject : withClaim(nested, rest, subject) };
}
