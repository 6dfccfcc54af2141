// Schemas of products that are not in this repository, each with the model that its product means: a folder has NAME/schema.sql of
// each, and may have NAME/expected.json, what is known to be wrong with it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { startEmbeddedServer } from '../dist/embedded/index.js';
import { parseModel } from '../dist/model/parse.js';

const session = '{ setting: request.jwt.claims, json: sub, type: uuid, claims: { role: authenticated } }';
const roles = '{ app: [authenticated, anon] }';
const unmanaged = '{ realtime: the platform is another system, storage: the platform is another system }';

/** What each product means, as a model; the folder's NAME/schema.sql is its database. */
const models = {
  'liam-after': `context: ${session}
tenants: { table: public.organizations, key: id }
membership: { table: public.organization_members, user: user_id, tenant: organization_id }
roles: ${roles}
unmanaged: ${unmanaged}
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
unmanaged: ${unmanaged}
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
unmanaged: ${unmanaged}
tables:
  public.private_items: { tenancy: row, column: owner_id }
  public.content_blog_posts: { tenancy: row, column: author_id, share: { when: is_published, access: read } }
  public.content_blog_post_comments: { tenancy: row, column: author_id }`,
};

/**
 * Loads each product of the folder that the command line names into a database of its own, one after the other.
 *
 * @param work takes its name, folder and model, an open client, and how to connect
 */
export async function withProducts(work) {
  const folder = process.argv[2];
  if (folder === undefined) throw new TypeError('Which folder has the schemas?');
  const server = await startEmbeddedServer();
  try {
    for (const [name, text] of Object.entries(models)) {
      const database = name.replaceAll('-', '_');
      await withClient(server.url, (client) => client.query(`create database ${database}`));
      const url = new URL(server.url);
      url.pathname = `/${database}`;
      const directory = join(folder, name);
      await withClient(url.href, async (client) => {
        await client.query(await readFile(join(directory, 'schema.sql'), 'utf8'));
        const connection = { url: url.href, source: '--database-url' };
        await work({ name, directory, model: parseModel(text, `${name}.yaml`), client, connection });
      });
    }
  } finally {
    await server.stop();
  }
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
