import { en } from "../locales/en.ts";
import type { ScanResult } from "../queue/types.ts";
import type { Tone } from "./study-state.ts";
import { say, type Word } from "./text.ts";

/** What the look at chosen files says, and whether a person has to decide before it goes on. */
export interface ScanWord {
  readonly text: string;
  readonly tone: Tone;
  readonly decide: boolean;
}

const isWord = (word: string): word is Word => word in en;
/** A warning of the scan is a code, or a sentence already. */
export const warningText = (warning: string): string => {
  const word = `warn_${warning}`;
  return isWord(word) ? say(word) : warning;
};

/** Not to be passed over. */
const stops: ReadonlySet<string> = new Set(["archive_encrypted", "several_patients"]);

const patients = (result: ScanResult): number =>
  new Set(result.studies.map((study) => `${study.patientID}\n${study.patientName}\n${study.patientBirthDate}`)).size;

/** In the order of their weight. */
export function scanWords(result: ScanResult): ScanWord[] {
  const words: ScanWord[] = [];
  const known = result.studies.filter(({ imageCount, kind }) => kind !== "pictures" && imageCount > 0);
  const people = patients({ ...result, studies: known });
  if (people > 1) words.push({ text: say("two_patients", { n: people }), tone: "warn", decide: true });
  else if (result.studies.length > 1)
    words.push({ text: say("several_studies", { n: result.studies.length }), tone: "quiet", decide: false });
  if (result.unreadable.length > 0)
    words.push({ text: say("unreadable", { n: result.unreadable.length }), tone: "bad", decide: true });
  for (const warning of new Set(result.studies.flatMap(({ warnings }) => warnings)))
    words.push({ text: warningText(warning), tone: "warn", decide: stops.has(warning) });
  if (result.leftOut > 0) words.push({ text: say("left_out", { n: result.leftOut }), tone: "quiet", decide: false });
  return words;
}
