import { describe, expect, test } from "bun:test";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encapsulatedPDF, encapsulatePdf, encapsulatePdfFile } from "./encapsulated-pdf.ts";
import { accepted, warnings } from "./inspect-made.ts";
import { notesTitle } from "./note-context.ts";
import { bareNotes, faultsOf, inFolder, installed, madeNotes } from "./note-made.ts";

/** A whole one-page PDF; `filling` makes its length what a test needs. */
const pdf = (filling = ""): Buffer =>
  Buffer.from(
    `%PDF-1.4\n%${filling}\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n` +
      "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
  );
const [odd, even] = pdf().length % 2 === 1 ? [pdf(), pdf("x")] : [pdf("x"), pdf()];
const letter = { title: "Arztbrief.pdf" };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** A little endian number of 32 bits, hex. */
const long = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString("hex");
};

describe("the document stands in the object byte for byte", () => {
  test("of even length", () => {
    expect(hex(encapsulatePdf(even, madeNotes, letter))).toContain(
      `420011004f420000${long(even.length)}${hex(even)}42001200`,
    );
  });
  test("of odd length, padded with a NUL; the true length is said", () => {
    const object = hex(encapsulatePdf(odd, madeNotes, letter));
    expect(object).toContain(`420011004f420000${long(odd.length + 1)}${hex(odd)}0042001200`);
    expect(object).toEndWith(`42001500554c0400${long(odd.length)}`);
  });
});

describe("from file to file", () => {
  for (const [name, document] of [
    ["even", even],
    ["odd", odd],
    ["several pieces, odd", pdf("y".repeat(3 * 1_048_576 + (pdf().length % 2)))],
  ] as const) {
    test(`is the same object: ${name}`, () =>
      inFolder(async (folder) => {
        const [from, into] = [join(folder, "a.pdf"), join(folder, "a.dcm")];
        await writeFile(from, document);
        await encapsulatePdfFile(from, into, madeNotes, letter);
        expect((await readFile(into)).equals(encapsulatePdf(document, madeNotes, letter))).toBe(true);
      }));
  }
  test("leaves what is there already", () =>
    inFolder(async (folder) => {
      const [from, into] = [join(folder, "a.pdf"), join(folder, "a.dcm")];
      await writeFile(from, even);
      await writeFile(into, "mine");
      await expect(encapsulatePdfFile(from, into, madeNotes, letter)).rejects.toThrow("EEXIST");
      expect(await readFile(into, "utf8")).toBe("mine");
    }));
  test("makes nothing of what is no PDF", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "a.pdf"), "MZ");
      const made = encapsulatePdfFile(join(folder, "a.pdf"), join(folder, "a.dcm"), madeNotes, letter);
      await expect(made).rejects.toMatchObject({ code: "pdf_invalid" });
      expect(await readdir(folder)).toEqual(["a.pdf"]);
    }));
  test("takes memory that does not depend on its size", () =>
    inFolder(async (folder) => {
      const size = 300_000_000;
      const from = join(folder, "a.pdf");
      await writeFile(from, "%PDF-1.4\n");
      await truncate(from, size - 6);
      await writeFile(from, "%%EOF\n", { flag: "a" });
      await writeFile(
        join(folder, "run.ts"),
        `import { encapsulatePdfFile } from ${JSON.stringify(join(import.meta.dir, "encapsulated-pdf.ts"))};
        import { madeNotes } from ${JSON.stringify(join(import.meta.dir, "note-made.ts"))};
        await encapsulatePdfFile(${JSON.stringify(from)}, ${JSON.stringify(`${from}.dcm`)}, madeNotes, { title: "" });
        process.stdout.write(await Bun.file("/proc/self/status").text());`,
      );
      const child = Bun.spawnSync([process.execPath, join(folder, "run.ts")]);
      expect(child.exitCode).toBe(0);
      expect(Bun.file(`${from}.dcm`).size).toBeGreaterThan(size);
      // The child's resource usage would count what this process had when it was forked.
      const peak = Number(/^VmHWM:\s+(\d+) kB/m.exec(child.stdout.toString())?.[1]) * 1024;
      expect(peak).toBeLessThan(size / 2);
    }));
});

describe("what people send as a PDF", () => {
  const rows: readonly (readonly [string, Uint8Array, string | null])[] = [
    ["nothing", new Uint8Array(), "pdf_invalid"],
    ["something else", Buffer.from("<html>%%EOF"), "pdf_invalid"],
    ["a header past the first kilobyte", Buffer.concat([Buffer.alloc(1024, 32), even]), "pdf_invalid"],
    ["bytes before the header", Buffer.concat([Buffer.from("\ufeff\n"), even]), null],
    ["a document cut short", even.subarray(0, -7), "pdf_truncated"],
    ["an end mark that is not at the end", Buffer.concat([even, Buffer.alloc(1024)]), "pdf_truncated"],
    ["a few bytes behind the end", Buffer.concat([even, Buffer.alloc(500)]), null],
  ];
  for (const [name, document, code] of rows) {
    test(`${name}: ${code ?? "taken"}`, () => {
      const make = () => encapsulatePdf(document, madeNotes, letter);
      if (code === null) expect(make).not.toThrow();
      else expect(make).toThrow(expect.objectContaining({ code }));
    });
  }
});

describe("inspect takes it", () => {
  test("without a warning, in a series of its own", async () => {
    const found = await accepted(encapsulatePdf(odd, madeNotes, letter));
    expect(found).toMatchObject({
      sopClassUID: encapsulatedPDF,
      sopInstanceUID: madeNotes.sopInstanceUID,
      modality: "DOC",
      seriesNumber: "991",
      seriesDescription: "Arztbrief.pdf",
      head: null,
    });
    expect(warnings(found)).toEqual([]);
  });
  test("with a title of any length, cut between characters", async () => {
    const object = encapsulatePdf(odd, madeNotes, { title: `${"🚑".repeat(1025)}` });
    expect(await accepted(object)).toMatchObject({ seriesDescription: "🚑".repeat(64), warnings: [] });
    expect(Buffer.from(object).includes("🚑".repeat(1024))).toBe(true);
    expect(Buffer.from(object).includes("🚑".repeat(1025))).toBe(false);
  });
});

if (installed("dciodvfy")) {
  const rows = [
    ["a letter", madeNotes, letter],
    ["a coded title", madeNotes, { title: "Notes", concept: notesTitle, seriesNumber: 990 }],
    ["nothing known", bareNotes, { title: "" }],
    ["a title in several lines", madeNotes, { title: "a\nb\u0007" }],
  ] as const;
  describe("dciodvfy finds no error", () => {
    for (const [name, context, kind] of rows) {
      test(name, async () => expect(await faultsOf(encapsulatePdf(odd, context, kind))).toEqual([]));
    }
  });
}

if (installed("dcm2pdf")) {
  describe("dcm2pdf gives the same PDF back", () => {
    for (const [name, document] of [
      ["even", even],
      ["odd", odd],
    ] as const) {
      test(name, () =>
        inFolder(async (folder) => {
          const [object, back] = [join(folder, "a.dcm"), join(folder, "a.pdf")];
          await writeFile(object, encapsulatePdf(document, madeNotes, letter));
          expect(Bun.spawnSync(["dcm2pdf", object, back]).exitCode).toBe(0);
          expect((await readFile(back)).equals(document)).toBe(true);
        }),
      );
    }
  });
}
