// Compiles src/ to dist/, copies what tsc does not, the SQL that modules read beside themselves, and bundles the command.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
// Built aside and put in place at once: a command that runs meanwhile finds the whole of one build.
const fresh = join(root, `dist.new-${process.pid}`);
const old = join(root, `dist.old-${process.pid}`);

try {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], {
    cwd: root,
    stdio: 'inherit',
  });
  for (const path of readdirSync(join(root, 'src'), { recursive: true })) {
    if (path.endsWith('.sql')) cpSync(join(root, 'src', path), join(fresh, path));
  }
  execFileSync(process.execPath, [join(root, 'scripts/bundle.mjs'), fresh], { stdio: 'inherit' });
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
  renameSync(fresh, join(root, 'dist'));
} catch (error) {
  // The compiler has said why.
  if (error.status === undefined) throw error;
  process.exitCode = error.status;
} finally {
  rmSync(fresh, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
}
