/** What a DICOM JSON model would hold for the same XML; enough of it for UIDs, reasons and their sequences. */
interface Attribute {
  readonly Value: unknown[];
}
type DataSet = Record<string, Attribute>;

// No part runs past the next bracket, or an answer of open brackets alone would be read again from each of them.
const TOKEN = /<(\/?)([A-Za-z]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|<[?!][^<>]*>|([^<]+)/g;
const DEPTH = 16;

/**
 * The Native DICOM Model of PS3.19 A.1 as a DICOM JSON model, or null where the text is another XML (an HTML page).
 * A reader of its own: no entities beyond the five, no DTD, no external reference can be followed.
 */
export function nativeDicomModel(xml: string): DataSet[] | null {
  const roots: DataSet[] = [];
  const sets: DataSet[] = [];
  let attributes: Attribute[] = [];
  let text: string | null = null;

  for (const [, closing, name, written = "", selfClosing, characters] of xml.matchAll(TOKEN)) {
    if (characters !== undefined) {
      if (text !== null) text += characters;
      continue;
    }
    if (name === undefined) continue; // declaration or comment
    if (!closing) {
      if (name === "NativeDicomModel") sets.splice(0, sets.length, added(roots));
      else if (sets.length === 0) return null;
      else if (name === "DicomAttribute") attributes.push(attributeOf(sets.at(-1), written));
      else if (name === "Item") sets.push(itemIn(attributes.at(-1)));
      else if (name === "Value") text = "";
      if (sets.length > DEPTH) return null;
    }
    if (closing || selfClosing) {
      if (name === "Value" && text !== null) {
        attributes.at(-1)?.Value.push(unescaped(text));
        text = null;
      } else if (name === "DicomAttribute") attributes.pop();
      else if (name === "Item") sets.pop();
      else if (name === "NativeDicomModel") {
        sets.length = 0;
        attributes = [];
      }
    }
  }
  return roots.length > 0 ? roots : null;
}

function added(roots: DataSet[]): DataSet {
  const root: DataSet = {};
  roots.push(root);
  return root;
}

function attributeOf(set: DataSet | undefined, written: string): Attribute {
  const attribute: Attribute = { Value: [] };
  const tag = /\btag\s*=\s*["']([0-9A-Fa-f]{8})["']/.exec(written)?.[1];
  if (set !== undefined && tag !== undefined) set[tag] = attribute;
  return attribute;
}

function itemIn(attribute: Attribute | undefined): DataSet {
  const item: DataSet = {};
  attribute?.Value.push(item);
  return item;
}

const entities: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const unescaped = (text: string): string =>
  text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] ?? "");
