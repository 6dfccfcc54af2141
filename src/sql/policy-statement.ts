import type { QualifiedName } from './ident.ts';
import { scanTokens, type Statement, type Token } from './parse.ts';
import { isRecord } from './tree.ts';

/** A statement that says what row-level security does on a table. */
export interface PolicyStatement {
  /** `public` where no schema is named. */
  readonly table: QualifiedName;
  /** The statement for another table, whose quoted name is given. */
  readonly on: (target: string) => string;
}

const switches = new Set([
  'AT_EnableRowSecurity',
  'AT_DisableRowSecurity',
  'AT_ForceRowSecurity',
  'AT_NoForceRowSecurity',
]);

/** Reads CREATE POLICY and ALTER TABLE … ROW LEVEL SECURITY; null for anything else. */
export function readPolicyStatement({ text, node }: Statement): PolicyStatement | null {
  const [tag, fields] = Object.entries(node)[0] ?? [];
  if (!isRecord(fields)) return null;
  const words = scanTokens(text).filter(({ comment }) => !comment);
  // CREATE POLICY name ON …
  if (tag === 'CreatePolicyStmt') return aimed(text, words.slice(4), fields['table']);
  const commands = fields['cmds'];
  if (tag !== 'AlterTableStmt' || !Array.isArray(commands) || !commands.every(isSwitch)) return null;
  // ALTER TABLE [IF EXISTS] [ONLY] …
  const name = words.findIndex((word, index) => index > 1 && !/^(if|exists|only)$/i.test(word.text));
  return aimed(text, words.slice(name), fields['relation']);
}

function isSwitch(command: unknown): boolean {
  const { AlterTableCmd: one } = isRecord(command) ? command : {};
  return isRecord(one) && switches.has(String(one['subtype']));
}

/** @param words those from the table's name on */
function aimed(text: string, words: readonly Token[], range: unknown): PolicyStatement | null {
  if (!isRecord(range) || typeof range['relname'] !== 'string') return null;
  const { schemaname, relname } = range;
  const isQualified = typeof schemaname === 'string';
  const [start, end] = [words[0]?.start, words[isQualified ? 2 : 0]?.end];
  if (start === undefined || end === undefined) return null;
  return {
    table: { schema: isQualified ? schemaname : 'public', name: relname },
    on: (target) => `${text.slice(0, start)}${target}${text.slice(end)}`,
  };
}
