import type { ContextModel, KeyType, Model } from '../model/model.ts';
import { quoteLiteral } from '../sql/ident.ts';

/** The subject of a session as SQL: NULL where none is set, an error where it is not of the key's type. */
export function contextSql({ setting, json, type }: ContextModel): string {
  const text = `nullif(current_setting(${quoteLiteral(setting)}, true), '')`;
  const subject = json === null ? text : claim(text, json);
  return type === 'text' ? subject : `${json === null ? subject : `(${subject})`}::${type}`;
}

/** Whether a session says nobody, as SQL that no setting makes fail. */
export function contextUnset({ setting }: ContextModel): string {
  return `nullif(current_setting(${quoteLiteral(setting)}, true), '') is null`;
}

/** A claim within JSON; an empty one is none. */
function claim(text: string, path: readonly string[]): string {
  const steps = path.map(quoteLiteral);
  const last = steps.pop() ?? "''";
  const inner = [`${text}::jsonb`, ...steps].join(' -> ');
  return `nullif(${inner} ->> ${last}, '')`;
}

/** The same, read once for all rows of a query and not once a row. */
export function contextOnce(model: Model): string {
  return `(select ${contextSql(model.context)})`;
}

/** A constant id of a key's type. */
export function idLiteral(id: string, type: KeyType): string {
  return type === 'bigint' || type === 'integer' ? id : quoteLiteral(id);
}
