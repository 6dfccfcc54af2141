// What the proofs come to on schemas of products, for the table in docs/prove.md: each with the model that its product means.
// The schemas are not in this repository: a folder has NAME/schema.sql of each.
// Run: npm run bench:prove-schemas -- FOLDER
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { proveLayer } from '../dist/app/prove-layer.js';
import { readSnapshot } from '../dist/catalog/read-snapshot.js';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { compileIntent } from '../dist/intent/compile.js';
import { parseModel } from '../dist/model/parse.js';

const session = '{ setting: request.jwt.claims, json: sub, type: uuid, claims: { role: authenticated } }';
const roles = '{ app: [authenticated, anon] }';

const models = {
  'liam-after': `context: ${session}
tenants: { table: public.organizations, key: id }
membership: { table: public.organization_members, user: user_id, tenant: organization_id }
roles: ${roles}
tables:
  public.organizations: { tenancy: root, signup: true }
  public.users: { tenancy: row, through: public.organization_members }
${[
  'doc_file_paths',
  'github_pull_request_comments',
  'github_pull_requests',
  'github_repositories',
  'invitations',
  'knowledge_suggestion_doc_mappings',
  'knowledge_suggestions',
  'migration_pull_request_mappings',
  'migrations',
  'organization_members',
  'overall_review_knowledge_suggestion_mappings',
  'overall_reviews',
  'project_repository_mappings',
  'projects',
  'review_feedback_comments',
  'review_feedback_knowledge_suggestion_mappings',
  'review_feedbacks',
  'review_suggestion_snippets',
  'schema_file_paths',
]
  .map((name) => `  public.${name}: { tenancy: row, column: organization_id }`)
  .join('\n')}`,
  basejump: `context: ${session}
tenants: { table: basejump.accounts, key: id }
membership: { table: basejump.account_user, user: user_id, tenant: account_id }
roles: ${roles}
tables:
  basejump.accounts: { tenancy: root, user: primary_owner_user_id, signup: true }
  basejump.account_user: { tenancy: row, column: account_id, user: user_id }
  basejump.billing_customers: { tenancy: row, column: account_id }
  basejump.billing_subscriptions: { tenancy: row, column: account_id }
  basejump.invitations: { tenancy: row, column: account_id, complete: false, reason: those of the last day are shown to owners }
  basejump.config: { tenancy: shared, access: read }`,
  nextbase: `context: ${session}
tenants: { table: auth.users, key: id }
roles: ${roles}
tables:
  public.private_items: { tenancy: row, column: owner_id }
  public.content_blog_posts: { tenancy: row, column: author_id, share: { when: is_published, access: read } }
  public.content_blog_post_comments: { tenancy: row, column: author_id }`,
};

const folder = process.argv[2];
if (folder === undefined) throw new TypeError('Which folder has the schemas?');
const server = await startEmbeddedServer();
try {
  for (const [name, text] of Object.entries(models)) {
    const database = name.replaceAll('-', '_');
    await withClient(server.url, (client) => client.query(`create database ${database}`));
    const url = new URL(server.url);
    url.pathname = `/${database}`;
    await withClient(url.href, async (client) => {
      await client.query(await readFile(join(folder, name, 'schema.sql'), 'utf8'));
      const snapshot = await readSnapshot(client);
      const model = parseModel(text, `${name}.yaml`);
      const intent = compileIntent(model, snapshot);
      const scratch = { url: url.href, source: '--database-url' };
      const layer = await proveLayer({ snapshot, model, intent, scratch, timeLimitMs: 600_000 });
      print(name, model, snapshot, layer);
    });
  }
} finally {
  await server.stop();
}

async function withClient(connectionString, work) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** The policies of the relations of a model, the answers, and what is not proved: each kind of claim with how often. */
function print(name, model, { policies, relations }, { proofs, findings }) {
  const judged = new Set(model.tables.map(({ table }) => `${table.schema}.${table.name}`));
  const own = relations.filter(({ nspname, relname }) => judged.has(`${nspname}.${relname}`)).map(({ oid }) => oid);
  const count = policies.filter(({ polrelid }) => own.includes(polrelid)).length;
  const tried = findings.filter(({ evidence }) => evidence.replayed === true).length;
  console.log(`${name} (${count}): ${proofs.proved} proved, ${proofs.refuted} refuted, ${proofs.unknown} unknown`);
  console.log(`  ${tried} of ${findings.length} findings were seen on the server`);
  const left = proofs.claims.filter(({ answer }) => answer !== 'proved');
  const kinds = new Map();
  for (const { answer, claim, command, object, role, session: whose, reasons } of left) {
    const what =
      claim === 'hides' && left.length > 12
        ? `${answer} ${claim}`
        : `${answer} ${claim} ${command} ${object} ${role} ${whose} ${reasons}`;
    kinds.set(what, (kinds.get(what) ?? 0) + 1);
  }
  for (const [what, times] of kinds) console.log(`  ${times} × ${what.trim()}`);
}
