import { runCorpora } from "../../test/corpus/corpora.ts";
import { type CorpusResult, seed } from "../../test/corpus/corpus.ts";
import { type Outcome, seconds, tell } from "./promise.ts";

export { runCorpora } from "../../test/corpus/corpora.ts";

const rowOf = ({ name, count, failed, seconds: took, note }: CorpusResult): Outcome => ({
  promise: "P21",
  what: `bad input: ${name}`,
  target: "a typed answer for each, nothing beside it harmed",
  measured: `${failed} of ${count} failed, ${seconds(took * 1000)}, seed ${seed}${note && `; ${note}`}`,
  passed: failed === 0,
});

/** P21: the bad-input corpus at its full counts, a row each. */
export async function run(scale: number): Promise<Outcome[]> {
  const results = await runCorpora(scale);
  for (const failure of results.flatMap(({ failures }) => failures)) tell(failure);
  return results.map(rowOf);
}
