import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import { literalsIn } from '../../sql/literals.ts';
import type { RunInput } from '../input.ts';
import { attempt } from '../session.ts';
import type { Target } from '../target.ts';
import { truthRows } from '../truth.ts';
import { scratch } from './transaction.ts';

/** So many subjects, and all of them try. */
const all = 8;
/** Of more, these are spread over all. */
const spread = 4;
/** Subjects that are asked for rows of their own where no column says who has some. */
const asked = 20;

/** Who writes: a policy that knows one tenant by name is met by that tenant. */
export interface Attackers {
  /** Subjects that a policy, a function or a view names; they attack everywhere, and are attacked. */
  readonly named: readonly string[];
  /** The subjects that attack one target. */
  readonly on: (target: Target) => Promise<readonly string[]>;
}

/** Chooses the subjects that try writes: all of a few; of many those that are named, some spread over all, and owners of many rows and of few. */
export function chooseAttackers(run: RunInput): Attackers {
  const named = namedSubjects(run);
  const { subjects } = run;
  const spreadOut = Array.from(
    { length: spread },
    (_, index) => subjects[Math.floor((index * subjects.length) / spread)],
  );
  const chosen = new Set([...named, ...spreadOut]);
  const everywhere = subjects.filter((subject) => chosen.has(subject));
  return {
    named,
    on: async (target) => {
      if (subjects.length <= all) return subjects;
      return [...new Set([...everywhere, ...(await ownersOf(run, target))])];
    },
  };
}

/** Literals of policies, functions and views that are ids of subjects. */
function namedSubjects({ snapshot, subjects, intent }: RunInput): readonly string[] {
  const texts = [
    ...snapshot.policies.flatMap(({ polqual, polwithcheck }) => [polqual, polwithcheck]),
    ...snapshot.functions.map(({ prosrc }) => prosrc),
    ...snapshot.relations.map(({ definition }) => definition),
  ];
  const known = new Set([...subjects, ...(intent.platform === null ? [] : [intent.platform])]);
  const literals = new Set(texts.flatMap((text) => literalsIn(text ?? '')));
  return [...literals].filter((literal) => known.has(literal));
}

/** Two that own rows of the target: the one with the most, and the one with the fewest. */
async function ownersOf(run: RunInput, target: Target): Promise<readonly string[]> {
  const { tenantColumn, from } = target.truth;
  if (tenantColumn === null || run.membership) return await firstOwners(run, target);
  const owner = `t.${quoteIdent(tenantColumn)}::pg_catalog.text`;
  const counted = await scratch(run, () =>
    attempt(() =>
      run.session.client.query<{ owner: string }>(
        `select ${owner} as owner from ${quoteQualified(from)} t
         where ${owner} = any ($1::pg_catalog.text[]) group by 1 order by pg_catalog.count(*) desc, 1`,
        [run.subjects],
      ),
    ),
  );
  const owners = counted.ok ? counted.value.rows.map((row) => row.owner) : [];
  return [...owners.slice(0, 1), ...owners.slice(-1)];
}

async function firstOwners(run: RunInput, target: Target): Promise<readonly string[]> {
  const step = Math.max(1, Math.floor(run.subjects.length / asked));
  const candidates = run.subjects.filter((_, index) => index % step === 0).slice(0, asked);
  const owns = `select exists (select ${truthRows(target.truth, `not (${target.truth.unwritable})`)}) as owns`;
  const owners: string[] = [];
  await scratch(run, () =>
    attempt(async () => {
      for (const subject of candidates) {
        if (owners.length === 2) return;
        const { rows } = await run.session.client.query<{ owns: boolean }>(owns, [subject]);
        if (rows[0]?.owns === true) owners.push(subject);
      }
    }),
  );
  return owners;
}
