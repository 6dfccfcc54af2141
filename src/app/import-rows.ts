import { resolve } from 'node:path';
import { importTenantRows, type ImportedTable } from '../tenants/import.ts';
import { withRun, type RunRequest } from './run.ts';

/** Brings back the rows that `rollback --tenant-rows export` wrote. */
export async function importRows(request: RunRequest, folder: string): Promise<readonly ImportedTable[]> {
  return withRun(request, 'import', ({ session }) => importTenantRows(session.client, resolve(folder)));
}
