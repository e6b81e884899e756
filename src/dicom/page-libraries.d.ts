/** What is used of packages that ship no types. */
declare module "linebreak" {
  /** UAX #14. */
  class LineBreaker {
    constructor(text: string);
    /** The next place where a line may end, null at the end. */
    nextBreak(): { readonly position: number } | null;
  }
  export = LineBreaker;
}

declare module "fontkit" {
  /** @throws Error where the bytes are no font */
  export function create(bytes: Uint8Array): { hasGlyphForCodePoint(codePoint: number): boolean };
}

declare module "pdfkit" {
  interface TextOptions {
    readonly lineBreak?: boolean;
    readonly baseline?: "alphabetic";
    /** OpenType features beside the usual ones; where given, the text is shaped as a whole and not word by word. */
    readonly features?: readonly string[];
  }
  class PDFDocument {
    constructor(options: {
      readonly size: "A4";
      readonly margin: number;
      readonly bufferPages: boolean;
      /** null: none of the fonts that are not embedded. */
      readonly font: null;
      readonly lang: string;
      readonly displayTitle: boolean;
      readonly info: Readonly<Record<string, string | Date>>;
    });
    readonly page: { readonly width: number; readonly height: number };
    registerFont(name: string, bytes: Uint8Array): this;
    font(name: string): this;
    fontSize(points: number): this;
    fillColor(colour: string): this;
    strokeColor(colour: string): this;
    lineWidth(points: number): this;
    moveTo(x: number, y: number): this;
    lineTo(x: number, y: number): this;
    stroke(): this;
    fill(): this;
    roundedRect(x: number, y: number, width: number, height: number, radius: number): this;
    /** `y` is the baseline where `baseline` says so. */
    text(text: string, x: number, y: number, options: TextOptions): this;
    widthOfString(text: string, options: TextOptions): number;
    /** Content of which a reader takes `actual` as the text. */
    markContent(tag: "Span", options: { readonly actual: string }): this;
    endMarkedContent(): this;
    addPage(): this;
    switchToPage(index: number): this;
    bufferedPageRange(): { readonly start: number; readonly count: number };
    end(): void;
    on(event: "data", listener: (piece: Uint8Array) => void): this;
    on(event: "end", listener: () => void): this;
    on(event: "error", listener: (error: unknown) => void): this;
  }
  export = PDFDocument;
}

/** The path of a file that is embedded in the executable. */
declare module "*.ttf.br" {
  const path: string;
  export = path;
}
