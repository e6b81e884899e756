import { runCorpora } from "../../test/corpus/corpora.ts";
import { type CorpusResult, seed } from "../../test/corpus/corpus.ts";
import { type Outcome, seconds, tell } from "./promise.ts";

const longestStallMs = 200;

function rowOf({ name, count, failed, seconds: took, stallMs, note }: CorpusResult): Outcome {
  const stall = stallMs > 0 ? `; the loop stood still for ${Math.round(stallMs)} ms at most` : "";
  return {
    promise: "P21",
    what: `bad input: ${name}`,
    target: `a typed answer for each, nothing beside it harmed${stall && `, loop stall ≤ ${longestStallMs} ms`}`,
    measured: `${failed} of ${count} failed, ${seconds(took * 1000)}, seed ${seed}${note && `; ${note}`}${stall}`,
    passed: failed === 0 && stallMs <= longestStallMs,
  };
}

/** P21: the bad-input corpus at its full counts, a row each. */
export async function run(scale: number): Promise<Outcome[]> {
  const results = await runCorpora(scale, ({ name, count, failed }) =>
    tell(`  P21 ${name}: ${failed} of ${count} failed`),
  );
  for (const failure of results.flatMap(({ failures }) => failures)) tell(failure);
  return results.map(rowOf);
}
