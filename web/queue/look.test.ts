import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BlobWriter, Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import { look } from "./look.ts";
import { dicomFile } from "./made-dicom.fixture.ts";

const header = async (bytes: Uint8Array<ArrayBuffer>) => {
  const found = await look(0, "IM1", new Blob([bytes]));
  return found.kind === "dicom" ? found.header : found.kind;
};

describe("a made file", () => {
  const fields = { patientName: "DOE^JANE", patientID: "P1", study: "1.2.3", sop: "1.2.3.4" };
  test("is read from its front", async () => {
    expect(await header(dicomFile(fields))).toMatchObject({
      studyInstanceUID: "1.2.3",
      sopInstanceUID: "1.2.3.4",
      patientName: "DOE^JANE",
      patientID: "P1",
      modality: "CT",
    });
  });
  test("is read where its pixels lie far behind the first 64 kB", async () => {
    const file = new Uint8Array([...dicomFile(fields), ...new Uint8Array(300_000)]);
    expect(await header(file)).toMatchObject({ studyInstanceUID: "1.2.3" });
  });
  test("cut before its study is unreadable", async () =>
    expect(await header(dicomFile(fields).slice(0, 180))).toBe("unreadable"));
  test.each([
    ["DICOMDIR", "clutter"],
    ["viewer.exe", "clutter"],
    ["CD.rar", "archive"],
    ["photo.jpg", "picture"],
    ["photo.heic", "unreadable"],
  ])("%s is %s", async (name, kind) => {
    const heads: Record<string, string> = {
      "CD.rar": "Rar!\x1a\x07\x00",
      "photo.jpg": "\xff\xd8\xff\xe0",
      "photo.heic": "\0\0\0\x18ftypheic",
    };
    const bytes = Uint8Array.from(heads[name] ?? "MZ nothing of an image", (char) => char.charCodeAt(0));
    expect((await look(0, name, new Blob([bytes]))).kind).toBe(kind as "clutter");
  });
});

describe("a ZIP of many images", () => {
  const zipped = async (count: number, odd: number) => {
    const writer = new ZipWriter(new BlobWriter("application/zip"), { useWebWorkers: false });
    for (let index = 0; index < count; index++) {
      const patientID = index === odd ? "P2" : "P1";
      const file = dicomFile({ patientName: "DOE^JANE", patientID, study: "1.2.3", sop: `1.2.3.${index}` });
      await writer.add(`DICOM/IM${index}`, new Uint8ArrayReader(file), { level: index % 2 === 0 ? 0 : 6 });
    }
    return writer.close();
  };
  test("is read to the last: one image of another patient is found among 900", async () => {
    const told: string[] = [];
    const found = await look(0, "CD.zip", await zipped(900, 613), (done, total) => told.push(`${done}/${total}`));
    const headers = found.kind === "archive" ? found.headers : [];
    expect(headers).toHaveLength(900);
    expect(headers.flatMap(({ patientID }, index) => (patientID === "P2" ? [index] : []))).toEqual([613]);
    expect([told[0], told.at(-1)]).toEqual(["1/900", "900/900"]);
  });
});

/** (name in the data) → the Study Instance UID that the manifest gives. */
const shared = join(import.meta.dir, "../../../shared/data");
if (existsSync(shared)) {
  const rows = (await Bun.file(join(shared, "MANIFEST.md")).text())
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .flatMap((cells) => {
      const path = /^`(dicom\/(?:single|charset|no-preamble)\/[^`]+)`$/.exec(cells[1] ?? "")?.[1];
      const uid = cells.find((cell) => /^[0-9.]{10,64}$/.test(cell));
      return path && uid && /accept|repair/.test(cells[3] ?? "") && !/explicit-be\.dcm/.test(path)
        ? [[path, uid] as const]
        : [];
    });
  describe("a sample", () => {
    test("is there", () => expect(rows.length).toBeGreaterThan(40));
    test.each(rows)("%s tells its study", async (path, uid) => {
      const found = await look(0, path, Bun.file(join(shared, path)));
      expect(found.kind === "dicom" ? found.header.studyInstanceUID : found.kind).toBe(uid);
    });
    test.each([
      ["chrArab.dcm", "قباني^لنزار"],
      ["chrFren.dcm", "Buc^Jérôme"],
      ["chrGreek.dcm", "Διονυσιος"],
      ["chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"],
      ["chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"],
      ["chrX1.dcm", "Wang^XiaoDong=王^小東"],
      ["chrX2.dcm", "Wang^XiaoDong=王^小东"],
    ])("%s tells its patient", async (name, patient) => {
      const found = await look(0, name, Bun.file(join(shared, "dicom/charset", name)));
      expect(found.kind === "dicom" ? found.header.patientName : found.kind).toBe(patient);
    });
    const zips = readdirSync(join(shared, "archives"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".zip"),
    );
    test("any ZIP is looked into or left to the box, never an error", async () => {
      const kinds = await Promise.all(
        zips.map(async (name) => (await look(0, name, Bun.file(join(shared, "archives", name)))).kind),
      );
      expect(kinds.filter((kind) => kind !== "archive" && kind !== "locked" && kind !== "clutter")).toEqual([]);
      expect(kinds).toContain("locked");
    });
  });
}
