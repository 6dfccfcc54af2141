// Compiles src/ to dist/, and copies what tsc does not: the SQL that modules read beside themselves.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
for (const path of readdirSync(join(root, 'src'), { recursive: true })) {
  if (path.endsWith('.sql')) cpSync(join(root, 'src', path), join(root, 'dist', path));
}
