import { TargetComparison } from './comparison.ts';
import { Contexts } from './contexts.ts';
import type { RunInput } from './input.ts';
import { owningMembers, owningTenants } from './owning.ts';
import type { VisibilityOfTarget } from './judge.ts';
import { survey, type Surveyed } from './survey.ts';
import type { Target } from './target.ts';

/** Seconds that things take, from measurements: a row of the truth, a question, a row of its answer. */
const seconds = { truthRow: 0.25e-6, question: 15e-6, row: 0.5e-6, scannedRow: 0.1e-6 };

/** Compares what every subject sees of every target with what it should see, on as many connections as there are. */
export async function observeVisibility(run: RunInput): Promise<readonly VisibilityOfTarget[]> {
  const targets = run.targets.filter(({ identity, privileges }) => identity.length > 0 && !privileges.truthBound);
  run.progress('plans', 0);
  const surveyed = await survey(run, targets);
  estimate(run, surveyed);
  const { subjects } = run;
  const owning = run.membership ? await owningMembers(run.session, run.intent, subjects) : owningTenants(subjects);
  const common = { owning, contexts: new Contexts(run.contextOf) };
  const observed = new Map<Target, VisibilityOfTarget>();
  const free = surveyed.filter(({ locked }) => locked === null);
  for (const { target, locked } of surveyed) if (locked !== null) observed.set(target, obstructed(target, locked));

  // The largest first, so that no connection is left with it at the end; what may take all the time comes last.
  const queue = free.toSorted((a, b) => a.dear - b.dear || b.rows - a.rows);
  const total = Math.max(1, free.length * run.subjects.length);
  let done = 0;
  const work = async (session: RunInput['session']): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { target } = next;
      run.progress(`rows of ${target.name}`, done / total);
      const advance = (subjects: number): void => {
        done += subjects;
        run.progress(`rows of ${target.name}`, done / total);
      };
      const timeLimit = next.dear > 0 ? run.timeLimit.share(queue.length + 1) : run.timeLimit;
      observed.set(target, await new TargetComparison(run, session, next, common, timeLimit, advance).compare());
    }
  };
  await allDone([run.session, ...run.helpers].map(work), () => queue.splice(0));
  run.progress('rows', 1);
  return targets.flatMap((target) => observed.get(target) ?? []);
}

/** Waits for all of them even where one fails, since each holds a transaction; `stop` keeps the others from going on. */
async function allDone(works: readonly Promise<void>[], stop: () => void): Promise<void> {
  const settled = await Promise.allSettled(
    works.map((work) =>
      work.catch((error: unknown) => {
        stop();
        throw error;
      }),
    ),
  );
  for (const work of settled) if (work.status === 'rejected') throw work.reason;
}

function estimate(run: RunInput, surveyed: readonly Surveyed[]): void {
  const subjects = run.subjects.length;
  const rows = surveyed.reduce((sum, target) => sum + target.rows, 0);
  const scanned = surveyed.reduce((sum, target) => sum + target.dear, 0) * subjects;
  const work =
    rows * (seconds.truthRow + seconds.row) +
    surveyed.length * subjects * seconds.question +
    scanned * seconds.scannedRow;
  run.estimate({
    relations: surveyed.length,
    subjects,
    rows,
    seconds: work / (run.helpers.length + 1),
    scanned: surveyed.filter(({ dear }) => dear > 0).map(({ target }) => target.name),
  });
}

function obstructed(target: Target, reason: string): VisibilityOfTarget {
  return {
    target,
    compared: 0,
    leaks: none,
    stale: none,
    misses: none,
    unanswered: [],
    obstacle: `It could not be read: ${reason}.`,
    shared: null,
  };
}

const none = { count: 0, kept: [] };
