import { rars, zips } from "./archives.ts";
import { type Corpus, type CorpusResult, runCorpus } from "./corpus.ts";
import { dicomHeaders } from "./dicom-headers.ts";
import { httpRequests } from "./http.ts";
import { images } from "./images.ts";
import { pacsAnswers } from "./pacs-answers.ts";

/** All of them, and how many of their cases may run at once. */
export const corpora: readonly (readonly [Corpus, number])[] = [
  [dicomHeaders, 1],
  [zips, 2],
  ...(rars === null ? [] : [[rars, 2] as const]),
  [images, 1],
  [pacsAnswers, 1],
  // Through the built executable, with a sound study beside it. The chunk schedules are promise 4's own.
  [httpRequests, 6],
];

/** Runs every corpus at a share of its full count, never fewer than three of each; tells each result as it comes. */
export async function runCorpora(scale: number, tell: (result: CorpusResult) => void): Promise<CorpusResult[]> {
  const results: CorpusResult[] = [];
  for (const [corpus, lanes] of corpora) {
    const result = await runCorpus(corpus, Math.max(3, Math.round(corpus.full * scale)), lanes);
    tell(result);
    results.push(result);
  }
  return results;
}
