import type { VerifyOptions } from '../../src/app/verify.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import type { Report } from '../../src/domain/report.ts';
import { compileIntent } from '../../src/intent/compile.ts';
import { contextAssignments } from '../../src/intent/context.ts';
import { parseModel } from '../../src/model/parse.ts';
import { platform, type World } from './world.ts';

/** Verifies a world by a model of tenants with uuids, whose `tables` and other sections are these lines of YAML. */
export async function verifyModelled(
  world: World,
  tables: string,
  options: Partial<VerifyOptions> = {},
  rest = '',
  known?: CatalogSnapshot,
): Promise<Report> {
  const text = `
context: { setting: app.tenant, type: uuid }
tenants: { table: public.tenants, key: id, platform: ${platform} }
roles: { app: [${world.app}] }
tables:
  public.tenants: { tenancy: root }
${tables.replace(/^\s*/gm, '  ')}
${rest}`;
  const model = parseModel(text, 'rowhouse.yaml');
  const snapshot = known ?? (await readSnapshot(world.database.client));
  const contextOf = (subject: string) => contextAssignments(model, subject);
  return await world.verify(compileIntent(model, snapshot), { contextOf, ...options }, undefined, snapshot);
}
