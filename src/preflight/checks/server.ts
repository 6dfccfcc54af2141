import { ok, refused, warning, type Check } from '../check.ts';

const oldest = 14;
const newest = 18;

export const server: Check = {
  id: 'server',
  looksAt: `the server's version (${oldest} to ${newest}), and whether it takes writes`,
  beforeRun: true,
  judge: ({ server: { version, versionNum, standby } }) => {
    const major = Math.floor(versionNum / 10_000);
    if (major < oldest) {
      return refused(`PostgreSQL ${version} is older than ${oldest}.`, {
        advice: `Upgrade the server: ${oldest} to ${newest} are supported.`,
      });
    }
    if (standby) {
      return refused(`PostgreSQL ${version}, a standby: it can be looked at, and takes no changes.`, {
        advice: 'Run on the primary.',
      });
    }
    if (major > newest) {
      return warning(`PostgreSQL ${version} is newer than ${newest}, the newest that this version was tried with.`, {
        advice: 'Try the run on a copy before, or upgrade Rowhouse.',
      });
    }
    return ok(`PostgreSQL ${version}, which takes writes.`);
  },
};
