import type { TestProject } from 'vitest/node';
import { buildPackage } from './build.ts';
import { startTestServer } from './server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Connects a superuser to a database of the server that the tests run on. */
    readonly serverUrl: string;
    /** The major version of that server. */
    readonly serverMajor: number;
    /** The folder of Rowhouse as it is published: built, with its bin and package.json. */
    readonly packageDir: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [server, build] = await Promise.all([startTestServer(), buildPackage()]);
  console.log(`PostgreSQL ${server.version} from ${server.origin}`);
  project.provide('serverUrl', server.url);
  project.provide('serverMajor', server.major);
  project.provide('packageDir', build.dir);
  project.onTestsRerun(() => build.refresh());
  return async () => {
    await Promise.all([server.stop(), build.remove()]);
  };
}
