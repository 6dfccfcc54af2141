import type { Finding } from '../domain/finding.ts';
import type { ExampleDocumentation, Rule } from '../domain/rule.ts';
import type { Node } from '../sql/parse.ts';
import type { FileStatement, MigrationFile } from './file.ts';
import type { Schema } from './schema.ts';

/** One thing that a migration does to a database in use. One rule, one file, one id. */
export interface MigrationRule extends Rule {
  /** `bad` is a file over tables with rows that gives exactly one finding of the rule and none of any other; `good` gives none. */
  readonly examples: readonly Required<Pick<ExampleDocumentation, 'bad' | 'good'>>[];
  readonly check: (step: Step) => Iterable<Observed>;
}

/** A statement in its place. */
export interface Step {
  readonly node: Node;
  readonly statement: FileStatement;
  readonly file: MigrationFile;
  /** Which of the file's statements it is, from 0. */
  readonly index: number;
  /** The files that run after this one. */
  readonly later: readonly MigrationFile[];
  /** What is known of the database at this point. */
  readonly schema: Schema;
}

/** What a rule says beyond its metadata. */
export type Observed = Pick<Finding, 'message'> &
  Partial<Pick<Finding, 'severity'>> & {
    /** The table, column or index: tells apart two findings of the rule in one file. */
    readonly about: string;
    /** Where it stands, if not at this statement. */
    readonly at?: FileStatement;
  };
