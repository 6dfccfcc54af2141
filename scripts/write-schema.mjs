// Writes schema/rowhouse.schema.json from the model's shape; a test tells when that is due. Run: npm run schema
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderJsonSchema } from '../dist/model/schema.js';

writeFileSync(join(import.meta.dirname, '..', 'schema', 'rowhouse.schema.json'), renderJsonSchema());
