import type { SerializedError } from 'vitest';
import type { Reporter, TestCase, TestModule, TestRunEndReason } from 'vitest/node';

/**
 * Ends a run with one plain line of counts, after the names of the tests that did not run.
 *
 * A file that could not be loaded, an error outside of any test and a run that failed as a whole count as failed: no count may look green beside them.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandledErrors.length;
    const counted = tests.filter((test) => test.result().state === 'failed').length + broken;
    const failed = counted === 0 && reason !== 'passed' ? 1 : counted;
    const lines = [
      ...skipped.map((test) => `skipped: ${describe(test)}`),
      `${passed} passed, ${failed} failed, ${skipped.length} skipped`,
    ];
    process.stdout.write(`\n${lines.join('\n')}\n`);
  }
}

function describe(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}
