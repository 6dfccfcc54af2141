import { distance } from 'fastest-levenshtein';

/** ` (did you mean …?)` where a candidate is close to the word, or nothing. */
export function suggestion(word: string, candidates: Iterable<string>): string {
  const folded = word.toLowerCase();
  const ranked = [...candidates]
    .map((candidate) => ({ candidate, far: distance(folded, candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best !== undefined && best.far <= Math.max(2, word.length / 4) ? ` (did you mean ${best.candidate}?)` : '';
}
