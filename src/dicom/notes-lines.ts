import bidiFactory from "bidi-js";
import LineBreaker from "linebreak";
import type { FontName, FontShelf } from "./notes-fonts.ts";

/** Text of one font and one direction, for the shaper; runs follow each other as they are seen, from the left. */
export interface Run {
  readonly text: string;
  readonly font: FontName;
  /** What it reads as, where glyphs cannot tell: a run from right to left. */
  readonly actual?: string;
}

export interface Line {
  readonly runs: readonly Run[];
  /** Its paragraph begins at the right (UAX #9 P2, P3). */
  readonly rightToLeft: boolean;
}

/** Width of a run in points. */
export type Measure = (run: Run) => number;

/** What a reader takes for one character, and the font that draws it. */
interface Cluster extends Run {
  /** First UTF-16 unit and the one behind the last. */
  readonly start: number;
  readonly end: number;
}

const bidi = bidiFactory();
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Joiners, variation selectors, direction marks: they shape other characters and have no glyph that must be drawn. */
const invisible = /\p{Default_Ignorable_Code_Point}/u;
const neutral = /^[\p{Script=Common}\p{Script=Inherited}]+$/u;
const rightToLeftFonts: ReadonlySet<FontName> = new Set(["arabic", "hebrew"]);
const strongRightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}]/u;

/** Characters of a text that none of the fonts draws, once each. */
export function undrawable(text: string, order: readonly FontName[], shelf: FontShelf): string[] {
  const known = new Map<string, boolean>();
  for (const { segment } of graphemes.segment(text)) {
    if (segment !== "\n" && !known.has(segment))
      known.set(
        segment,
        order.some((name) => draws(segment, name, shelf)),
      );
  }
  return [...known].filter(([, drawn]) => !drawn).map(([character]) => character);
}

function draws(text: string, font: FontName, shelf: FontShelf): boolean {
  return [...text].every((one) => invisible.test(one) || shelf.get(font).has(one.codePointAt(0) ?? 0));
}

/**
 * One paragraph (no line breaks in it) in lines of at most the given width, broken where UAX #14 allows it, between
 * characters where a word alone is wider, and reordered by UAX #9. An empty paragraph is one empty line.
 */
export function linesOf(
  paragraph: string,
  width: number,
  order: readonly FontName[],
  shelf: FontShelf,
  measure: Measure,
): Line[] {
  const clusters = clustersOf(paragraph, order, shelf);
  const embedding = bidi.getEmbeddingLevels(paragraph);
  const rightToLeft = (embedding.paragraphs[0]?.level ?? 0) % 2 === 1;
  const lines = rangesOf(paragraph, clusters, width, measure);
  return lines.map((line) => ({ rightToLeft, runs: line.length === 0 ? [] : visualRuns(paragraph, line, embedding) }));
}

/** In Arabic and Hebrew, punctuation, spaces and digits stay in the font of what stands before them, so words are shaped together. */
function clustersOf(text: string, order: readonly FontName[], shelf: FontShelf): Cluster[] {
  let current = order[0] ?? "sans";
  return [...graphemes.segment(text)].map(({ segment, index }) => {
    const keeps = rightToLeftFonts.has(current) && neutral.test(segment) && draws(segment, current, shelf);
    if (!keeps) current = order.find((name) => draws(segment, name, shelf)) ?? current;
    return { text: segment, font: current, start: index, end: index + segment.length };
  });
}

/** The clusters of each line, without the blanks at its end. */
function rangesOf(text: string, clusters: readonly Cluster[], width: number, measure: Measure): Cluster[][] {
  const lines: Cluster[][] = [];
  let line: Cluster[] = [];
  let used = 0;
  const end = () => {
    lines.push(withoutBlankEnd(line));
    line = [];
    used = 0;
  };
  for (const word of wordsOf(text, clusters)) {
    const size = widthOf(word, measure);
    if (line.length > 0 && used + widthOf(withoutBlankEnd(word), measure) > width) end();
    if (widthOf(withoutBlankEnd(word), measure) <= width) {
      line.push(...word);
      used += size;
      continue;
    }
    for (const cluster of word) {
      const own = measure(cluster);
      if (line.length > 0 && used + own > width) end();
      line.push(cluster);
      used += own;
    }
  }
  end();
  return lines;
}

function withoutBlankEnd(clusters: readonly Cluster[]): Cluster[] {
  const last = clusters.findLastIndex(({ text }) => text.trim() !== "");
  return clusters.slice(0, last + 1);
}

/** The pieces between which a line may end. */
function wordsOf(text: string, clusters: readonly Cluster[]): Cluster[][] {
  const breaker = new LineBreaker(text);
  const words: Cluster[][] = [];
  let at = 0;
  for (let next = breaker.nextBreak(); next !== null; next = breaker.nextBreak()) {
    const { position } = next;
    const first = at;
    while (at < clusters.length && (clusters[at]?.end ?? 0) <= position) at++;
    if (at > first) words.push(clusters.slice(first, at));
  }
  if (at < clusters.length) words.push(clusters.slice(at));
  return words;
}

function widthOf(clusters: readonly Cluster[], measure: Measure): number {
  let sum = 0;
  for (let at = 0; at < clusters.length; ) {
    const font = clusters[at]?.font ?? "sans";
    let text = "";
    while (at < clusters.length && clusters[at]?.font === font) text += clusters[at++]?.text ?? "";
    sum += measure({ text, font });
  }
  return sum;
}

type Embedding = ReturnType<typeof bidi.getEmbeddingLevels>;

/** UAX #9 L2 and L4: neighbours of one font and one level are one run. */
function visualRuns(text: string, line: readonly Cluster[], embedding: Embedding): Run[] {
  const start = line[0]?.start ?? 0;
  const end = (line.at(-1)?.end ?? 0) - 1;
  const owner = new Map(
    line.flatMap((one) => Array.from({ length: one.end - one.start }, (_, i) => [one.start + i, one] as const)),
  );
  const seen = Array.from({ length: end - start + 1 }, (_, i) => start + i);
  for (const [from = start, to = end] of bidi.getReorderSegments(text, embedding, start, end)) {
    const turned = seen.slice(from - start, to - start + 1).toReversed();
    seen.splice(from - start, turned.length, ...turned);
  }
  const level = (cluster: Cluster): number => embedding.levels[cluster.start] ?? 0;
  const groups: Cluster[][] = [];
  for (const cluster of new Set(seen.flatMap((index) => owner.get(index) ?? []))) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group && before && before.font === cluster.font && level(before) === level(cluster)) group.push(cluster);
    else groups.push([cluster]);
  }
  return groups.map((group) => runOf(group, group[0] !== undefined && level(group[0]) % 2 === 1));
}

/** Shaping turns a right-to-left script around by itself; what is neutral only is turned here, and brackets are mirrored. */
function runOf(seen: readonly Cluster[], rightToLeft: boolean): Run {
  const font = seen[0]?.font ?? "sans";
  const texts = seen.map(({ text }) => text);
  if (!rightToLeft) return { text: texts.join(""), font };
  const mirrored = texts.map((text) => bidi.getMirroredCharacter(text) ?? text);
  const shaped = texts.some((text) => strongRightToLeft.test(text));
  return { text: (shaped ? mirrored.toReversed() : mirrored).join(""), font, actual: texts.toReversed().join("") };
}
