import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';

/**
 * Checks that there is somebody to look as.
 *
 * @throws RowhouseError `no-app-role`, `unknown-role`
 */
export function checkRoles(snapshot: CatalogSnapshot, appRoles: readonly string[]): void {
  if (appRoles.length === 0) {
    throw new RowhouseError(
      'configuration',
      'no-app-role',
      'The model names no app role: there is nobody to look as.',
      {
        hint: 'Name it under roles.app in rowhouse.yaml.',
      },
    );
  }
  const roles = new Set(snapshot.roles.map(({ rolname }) => rolname));
  const role = appRoles.find((name) => !roles.has(name));
  if (role !== undefined) {
    throw new RowhouseError('configuration', 'unknown-role', `The app role ${role} does not exist in this cluster.`, {
      hint: 'Create it, or correct roles.app in rowhouse.yaml.',
    });
  }
}
