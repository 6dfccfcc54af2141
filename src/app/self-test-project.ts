import type { SelfTestReport } from '../domain/self-test.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { inCopy } from '../postgres/copy.ts';
import type { Project } from './project.ts';
import { checkClasses, selfTest, type SelfTestProgress } from './self-test.ts';

const applicationName = 'rowhouse verify --self-test';

export interface SelfTestRequest {
  readonly project: Project;
  readonly connection: Connection;
  readonly toolVersion: string;
  /** In a copy of the database, which is dropped whatever happens, or in the database itself, where all is rolled back. */
  readonly where: 'copy' | 'here';
  /** Only leaks of these classes; all, and look-alikes, where left out. */
  readonly classes?: readonly string[];
  readonly signal: AbortSignal;
  /** Says what is made and what is dropped. */
  readonly log: (text: string) => void;
  readonly onProgress: (progress: SelfTestProgress) => void;
}

/**
 * Tries the verifier on leaks that are planted in a project's database, or in a copy of it.
 *
 * @throws RowhouseError `database-in-use` where no copy can be made, and all that `selfTest` throws
 */
export async function selfTestProject(request: SelfTestRequest): Promise<SelfTestReport> {
  checkClasses(request.classes);
  if (request.where === 'here') return await selfTestIn(request, request.connection);
  const { connection, log } = request;
  const hint =
    'End their sessions; or, where it is a scratch database, say --self-test here: all is done in transactions that are rolled back.';
  return await inCopy(connection, { applicationName, suffix: 'selftest', hint, log }, (copy) =>
    selfTestIn(request, copy),
  );
}

async function selfTestIn(request: SelfTestRequest, connection: Connection): Promise<SelfTestReport> {
  return await selfTest({
    tool: { name: 'rowhouse', version: request.toolVersion },
    model: request.project.model,
    connect: () => connect(connection, applicationName),
    ...(request.classes && { only: request.classes }),
    signal: request.signal,
    onProgress: request.onProgress,
  });
}
