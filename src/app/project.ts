import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { RowhouseError } from '../domain/errors.ts';
import type { Model } from '../model/model.ts';
import { parseModel } from '../model/parse.ts';

/** A folder with `rowhouse.yaml`, `migrations/`, `rollbacks/` and `seeds/`. */
export interface Project {
  /** Absolute. */
  readonly directory: string;
  readonly model: Model;
}

/**
 * Reads a project's model.
 *
 * @param config the file, where it is not `rowhouse.yaml` in the project's folder
 * @throws RowhouseError `no-project`, `model-invalid`
 */
export async function openProject(directory: string, config?: string): Promise<Project> {
  const root = resolve(directory);
  const file = config === undefined ? join(root, 'rowhouse.yaml') : resolve(config);
  const shown = relative(root, file).startsWith('..') ? file : relative(root, file);
  try {
    const text = await readFile(file, 'utf8');
    // Loading every rule takes longer than most commands: only a waiver needs to know them.
    const rules = text.includes('waivers') ? await ruleIds() : [];
    return { directory: root, model: parseModel(text, shown, rules) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'ENOTDIR') throw error;
    throw new RowhouseError('configuration', 'no-project', `There is no model at ${file}.`, {
      hint: 'Go to the project, name it with --project DIR or --config FILE, or begin one with `rowhouse init`.',
      cause: error,
    });
  }
}

/** The rules that a waiver may name: what the lint of migrations finds is allowed in the file itself. */
async function ruleIds(): Promise<readonly string[]> {
  const { documentedRules } = await import('./rules.ts');
  return documentedRules()
    .filter(({ layers }) => !layers.includes('migrations'))
    .map(({ id }) => id);
}
