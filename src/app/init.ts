import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RowhouseError } from '../domain/errors.ts';
import { parseModel } from '../model/parse.ts';
import { ciWorkflow, gitignore, migrationsReadme, modelTemplate, type ModelAnswers } from './init-templates.ts';

export interface InitRequest extends ModelAnswers {
  readonly directory: string;
  /** The text of `rowhouse.yaml`, where it is not that of an empty project. */
  readonly model?: string;
}

/** One file of a new project. */
export interface InitFile {
  /** Relative to the project. */
  readonly path: string;
  /** false where it was there already, and stays as it is. */
  readonly written: boolean;
}

/**
 * Begins a project: folders, a commented `rowhouse.yaml` and a CI workflow. What is there already stays.
 *
 * @throws RowhouseError `model-invalid` where an answer does not fit, before anything is written
 */
export async function init(request: InitRequest): Promise<readonly InitFile[]> {
  const directory = resolve(request.directory);
  const model = request.model ?? modelTemplate(request);
  parseModel(model, 'rowhouse.yaml');
  const files: Readonly<Record<string, string>> = {
    'rowhouse.yaml': model,
    'migrations/README.md': migrationsReadme,
    'rollbacks/.gitkeep': '',
    'policies/.gitkeep': '',
    'seeds/undo/.gitkeep': '',
    '.gitignore': gitignore,
    '.github/workflows/rowhouse.yml': ciWorkflow,
  };
  const results: InitFile[] = [];
  for (const [path, text] of Object.entries(files)) {
    results.push({ path, written: await writeNew(join(directory, path), text) });
  }
  return results;
}

async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && syscall === 'open') return false;
    throw new RowhouseError('usage', 'cannot-write', `Cannot write ${path}: ${code ?? 'unknown error'}.`, {
      cause: error,
    });
  }
}
