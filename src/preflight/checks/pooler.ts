import { ok, refused, warning, type Check } from '../check.ts';

export const pooler: Check = {
  id: 'pooler',
  looksAt: 'whether the connection is direct: the lock of a run belongs to a session',
  // A run looks before it takes its lock, which a pooler would hand to somebody else.
  beforeRun: false,
  judge: ({ pooling }) => {
    if (pooling === 'none') return ok('The connection is direct.');
    const advice = 'Give --database-url the address of the server itself, and not of the pooler.';
    if (pooling === 'transaction') {
      return refused('A pooler gives each transaction another session: the lock of a run would not hold.', { advice });
    }
    return warning('A pooler or proxy stands between, and seems to keep one session for each connection.', { advice });
  },
};
