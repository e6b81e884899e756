import { en } from "../locales/en.ts";
import { say, type Word } from "./text.ts";

const isWord = (word: string): word is Word => word in en;

/** What happened on the way here, without the box. */
const onDevice: Readonly<Record<string, Word>> = {
  network: "c_network",
  stalled: "c_network",
  unexpected_answer: "c_unexpected_answer",
};

/** What a code means to the person who sends, in their language. @param message the box's own sentence, for a code that is newer than this app */
export function codeSentence(code: string, message: string): string {
  const word = onDevice[code] ?? `e_${code}`;
  return isWord(word) ? say(word) : message;
}
