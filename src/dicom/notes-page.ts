import PDFDocument from "pdfkit";
import { type FontName, FontShelf, fontOrder } from "./notes-fonts.ts";
import { type Line, linesOf, type Run, undrawable } from "./notes-lines.ts";
import type { NotesPdf } from "./notes-pdf.ts";

/** What stands on the pages. */
export interface NotePage {
  readonly title: string;
  /** A word in a box beside the title. */
  readonly urgent: string | null;
  readonly fields: readonly (readonly [label: string, value: string])[];
  /** Paragraphs, parted by LF. */
  readonly notes: string;
  readonly footer: string;
  readonly site: string;
  readonly made: Date;
}

/** Points; A4 has 595 by 842. */
const margin = 57;
const labelWidth = 112;
const titleSize = 20;
const fieldText = { size: 9.5, leading: 14.5 };
const notesText = { size: 11, leading: 17 };
const footText = { size: 8, leading: 12 };
/** The last baseline above the footer. */
const footRoom = 40;
const ink = "#16202a";
const quiet = "#5b6773";
const hairline = "#c5ccd3";
const alarm = "#b3261e";

interface Style {
  readonly size: number;
  readonly leading: number;
}

/** Draws the pages with pdfkit. */
export async function pagesOf(page: NotePage): Promise<NotesPdf> {
  const shelf = new FontShelf();
  const all = [page.title, ...page.fields.flat(), page.notes, page.footer, page.site].join("\n");
  const order = fontOrder(all, shelf);
  const unreadable = undrawable(all, order, shelf);
  if (unreadable.length > 0) return { pdf: null, unreadable };
  const document = new PDFDocument({
    size: "A4",
    margin: 0,
    bufferPages: true,
    font: null,
    lang: "en",
    displayTitle: true,
    info: { Title: page.title, Producer: "RelayPACS", Creator: "RelayPACS", CreationDate: page.made },
  });
  const pieces: Uint8Array[] = [];
  const finished = new Promise<void>((resolve, reject) => {
    document
      .on("data", (piece) => pieces.push(piece))
      .on("end", resolve)
      .on("error", reject);
  });
  draw(new Pen(document, shelf, order), page);
  document.end();
  await finished;
  return { pdf: new Uint8Array(Buffer.concat(pieces)), unreadable: [] };
}

type Pages = InstanceType<typeof PDFDocument>;

/** Text on the present page. Widths are those of the shaped text, so lines are measured as they are drawn. */
class Pen {
  private readonly registered = new Set<FontName>();
  private readonly widths = new Map<string, number>();
  readonly right: number;
  readonly bottom: number;
  constructor(
    readonly document: Pages,
    private readonly shelf: FontShelf,
    private readonly order: readonly FontName[],
  ) {
    this.right = document.page.width - margin;
    this.bottom = document.page.height - margin;
  }

  lines(text: string, width: number, { size }: Style, first: FontName = "sans"): Line[] {
    const order = [first, ...this.order];
    return text.split("\n").flatMap((one) => linesOf(one, width, order, this.shelf, (run) => this.width(run, size)));
  }

  width(run: Run, size: number): number {
    const key = `${run.font} ${size} ${run.text}`;
    const known = this.widths.get(key);
    if (known !== undefined) return known;
    const width = this.use(run.font, size).widthOfString(run.text, { features: [] });
    this.widths.set(key, width);
    return width;
  }

  /** @param x its left end, or its right end for a line that begins there @param y the baseline */
  line({ runs }: Line, size: number, y: number, x: number, from: "left" | "right" = "left"): void {
    let at = from === "left" ? x : x - runs.reduce((sum, run) => sum + this.width(run, size), 0);
    for (const run of runs) {
      // The glyphs of Arabic letters are skeletons and dots, so what is copied out of a page comes from here.
      if (run.actual !== undefined) this.document.markContent("Span", { actual: run.actual });
      this.use(run.font, size).text(run.text, at, y, { lineBreak: false, baseline: "alphabetic", features: [] });
      if (run.actual !== undefined) this.document.endMarkedContent();
      at += this.width(run, size);
    }
  }

  private use(font: FontName, size: number): Pages {
    if (!this.registered.has(font)) {
      this.document.registerFont(font, this.shelf.get(font).bytes);
      this.registered.add(font);
    }
    return this.document.font(font).fontSize(size);
  }
}

function draw(pen: Pen, page: NotePage): void {
  let y = heading(pen, page);
  for (const line of pen.lines(page.notes, pen.right - margin, notesText)) {
    if (y > pen.bottom - footRoom) {
      pen.document.addPage();
      y = margin + notesText.size;
    }
    pen.document.fillColor(ink);
    pen.line(line, notesText.size, y, line.rightToLeft ? pen.right : margin, line.rightToLeft ? "right" : "left");
    y += notesText.leading;
  }
  const { count } = pen.document.bufferedPageRange();
  for (let index = 0; index < count; index++) {
    pen.document.switchToPage(index);
    footer(pen, page, `Page ${index + 1} of ${count}`);
  }
}

/** Title, fields and a rule. @returns the first baseline of the notes */
function heading(pen: Pen, page: NotePage): number {
  const { document } = pen;
  let y = margin + titleSize * 0.75;
  const [title] = pen.lines(page.title, pen.right - margin, { size: titleSize, leading: 0 }, "bold");
  document.fillColor(ink);
  if (title) pen.line(title, titleSize, y, margin);
  if (page.urgent !== null) badge(pen, page.urgent, y);
  y += 30;
  for (const [label, value] of page.fields) {
    const [name] = pen.lines(label, labelWidth, fieldText);
    document.fillColor(quiet);
    if (name) pen.line(name, fieldText.size, y, margin);
    document.fillColor(ink);
    for (const line of pen.lines(value, pen.right - margin - labelWidth, fieldText)) {
      pen.line(line, fieldText.size, y, margin + labelWidth);
      y += fieldText.leading;
    }
  }
  rule(pen, y);
  return y + 28;
}

function badge(pen: Pen, word: string, baseline: number): void {
  const size = 11;
  const run: Run = { text: word, font: "bold" };
  const width = pen.width(run, size) + 18;
  pen.document
    .fillColor(alarm)
    .roundedRect(pen.right - width, baseline - 15, width, 20, 4)
    .fill();
  pen.document.fillColor("#ffffff");
  pen.line({ runs: [run], rightToLeft: false }, size, baseline - 1, pen.right - width + 9);
}

function rule(pen: Pen, y: number): void {
  pen.document.strokeColor(hairline).lineWidth(0.75).moveTo(margin, y).lineTo(pen.right, y).stroke();
}

/** On every page: whose notes these are, where they were taken in, and which page it is. */
function footer(pen: Pen, page: NotePage, number: string): void {
  rule(pen, pen.bottom - footText.leading - 4);
  pen.document.fillColor(quiet);
  const text = page.site === "" ? page.footer : `${page.footer}  ·  ${page.site}`;
  const [line, more] = pen.lines(text, pen.right - margin - 80, footText);
  const ellipsis: readonly Run[] = more ? [{ text: " …", font: "sans" }] : [];
  if (line) pen.line({ ...line, runs: [...line.runs, ...ellipsis] }, footText.size, pen.bottom, margin);
  const [count] = pen.lines(number, 80, footText);
  if (count) pen.line(count, footText.size, pen.bottom, pen.right, "right");
}
