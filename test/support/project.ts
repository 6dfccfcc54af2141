import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test as withDatabase } from './test.ts';

/** A Rowhouse project in a folder of its own. */
export interface TestProject {
  readonly directory: string;
  /** Writes files, given by their path in the project. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Writes `migrations/<name>.sql` and `rollbacks/<name>.sql`. */
  migration(name: string, up: string, down?: string): Promise<void>;
  remove(path: string): Promise<void>;
}

const model = `
context: { setting: app.current_tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: 00000000-0000-0000-0000-000000000001 }
roles: { app: [rowhouse_test_app] }
tables:
  public.tenants: { tenancy: root }
`;

/** `test` with a `database` and a `project` whose model names no table but that of tenants. */
export const test = withDatabase.extend<{ project: TestProject }>({
  // Vitest reads the names of the fixtures that this one needs from a destructured first parameter.
  project: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), 'rowhouse-project-'));
    const project: TestProject = {
      directory,
      write: async (files) => {
        for (const [path, text] of Object.entries(files)) {
          await mkdir(dirname(join(directory, path)), { recursive: true });
          await writeFile(join(directory, path), text);
        }
      },
      migration: (name, up, down = '-- nothing to undo\n') =>
        project.write({ [`migrations/${name}.sql`]: up, [`rollbacks/${name}.sql`]: down }),
      remove: (path) => rm(join(directory, path)),
    };
    await project.write({ 'rowhouse.yaml': model });
    await use(project);
    await rm(directory, { recursive: true, force: true });
  },
});
