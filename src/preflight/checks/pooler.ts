import { poolingAdvice, poolingWords } from '../../postgres/pooling.ts';
import { ok, refused, warning, type Check } from '../check.ts';

export const pooler: Check = {
  id: 'pooler',
  looksAt: 'whether the connection is direct: the lock of a run belongs to a session',
  // A run looks before it takes its lock, which a pooler would hand to somebody else.
  beforeRun: false,
  judge: ({ pooling }) => {
    if (pooling === 'none') return ok('The connection is direct.');
    const judge = pooling === 'transaction' ? refused : warning;
    return judge(poolingWords[pooling], { advice: poolingAdvice });
  },
};
