/** The single conditions of code, in whatever language: what stands between ANDs, ORs, THENs and the ends of statements. */
export function conditionsIn(code: string): readonly string[] {
  return code.split(/;|\b(?:and|or|then|else)\b/i);
}
