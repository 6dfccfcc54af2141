import type { KeyType } from '../model/model.ts';

/** What a new model needs to know. */
export interface ModelAnswers {
  /** The setting by which a session says its tenant. */
  readonly setting: string;
  readonly type: KeyType;
  /** `schema.table` */
  readonly tenants: string;
  readonly appRole: string;
}

/** Sessions that say a user, whose memberships lead to the tenants; names as the document writes them. */
export interface SessionUsers {
  readonly setting: string;
  readonly type: KeyType;
  readonly table: string;
  readonly user: string;
  readonly tenant: string;
}

/** A YAML scalar, quoted: JSON's strings are YAML's. */
const quoted = JSON.stringify;

/** `rowhouse.yaml` of a new project. */
export function modelTemplate(answers: ModelAnswers): string {
  return `${contextLines({ ...answers, key: 'id' })}
# Each table, and whose its rows are:
#   row     each row belongs to the tenant in \`column\`
#   shared  the same for everyone
#   none    the application has no access
#   root    the table of tenants: a tenant sees its own row
tables:
  ${quoted(answers.tenants)}: { tenancy: root }
  # public.projects:   { tenancy: row, column: tenant_id }
  # public.templates:  { tenancy: row, column: tenant_id, share: { when: is_public, access: read } }
  # public.countries:  { tenancy: shared, access: read }
  # public.job_queue:  { tenancy: none }

# Views over these tables, bound by the same rules.
# views:
#   public.active_projects: { of: public.projects }
`;
}

/** All of \`rowhouse.yaml\` that stands before the tables. */
export function contextLines({
  setting,
  type,
  tenants,
  key,
  appRole,
  users,
}: ModelAnswers & { readonly key: string; readonly users?: SessionUsers }): string {
  const context =
    users === undefined
      ? `# How a session says its tenant: select set_config('${setting}', '<id>', true) at the start of each transaction.
context: { setting: ${quoted(setting)}, type: ${type} }`
      : `# A session says its user, by the claim sub of its token: that is what the policies ask which are there.
context: { setting: ${quoted(users.setting)}, json: sub, type: ${users.type}, claims: { role: ${quoted(appRole)} } }

# Who belongs to which tenants: a user sees what is theirs.
membership: { table: ${quoted(users.table)}, user: ${quoted(users.user)}, tenant: ${quoted(users.tenant)} }`;
  const tenantType = users === undefined || users.type === type ? '' : `, type: ${type}`;
  return `# The model: whose rows are whose. It is the only thing that \`rowhouse verify\` believes.
# Reference: docs/model.md of Rowhouse. Editors complete it by this line:
# yaml-language-server: $schema=node_modules/rowhouse/schema/rowhouse.schema.json

${context}

# The table of tenants. With \`platform: <id>\`, the rows of that tenant may be shared with all others.
tenants: { table: ${quoted(tenants)}, key: ${quoted(key)}${tenantType} }

# app: what the application logs in as; it owns nothing, and row-level security binds it.
# bypass: may see all rows, on purpose, such as backups.
roles: { app: [${quoted(appRole)}], bypass: [] }
`;
}

export const migrationsReadme = `# Migrations

\`NNNN_name.sql\`, applied in the order of their numbers; the way back is \`rollbacks/NNNN_name.sql\`.
Header lines say what plain SQL cannot:

    -- rowhouse: phase expand          expand, backfill or contract
    -- rowhouse: no-transaction        statement by statement, such as CREATE INDEX CONCURRENTLY
    -- rowhouse: backfill              one UPDATE, run in batches, resumable
    -- rowhouse: lock-timeout 500ms    how long a statement waits for a lock, before it is tried again
    -- rowhouse: tag NAME              a point for \`--to @NAME\`
    -- rowhouse: irreversible REASON   there is no way back

An applied file does not change any more: write a new one.
`;

export const gitignore = `node_modules/
# Rows of tenants, written by \`rowhouse rollback --tenant-rows export\`.
tenant-rows/
`;

export const ciWorkflow = `name: rowhouse
on: [push, pull_request]

jobs:
  tenants:
    runs-on: ubuntu-latest
    services:
      postgres:
        image: postgres:18
        env: { POSTGRES_PASSWORD: postgres, POSTGRES_DB: app }
        ports: ['5432:5432']
        options: --health-cmd pg_isready --health-interval 2s --health-retries 20
    env:
      DATABASE_URL: postgres://postgres:postgres@localhost:5432/app
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 22 }
      - run: npm install --no-save rowhouse
      - run: npx rowhouse lint --migrations --format github
      # Load your schema and make the roles of rowhouse.yaml here, unless a migration does. Load rows of at least two
      # tenants: an empty database proves nothing.
      - run: npx rowhouse migrate
      - run: npx rowhouse verify --writes
      - run: npx rowhouse status --check
`;
