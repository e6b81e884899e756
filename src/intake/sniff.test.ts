import { describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { sharedData } from "../../test/support/shared-data.ts";
import { inFolder } from "./archives.fixture.ts";
import { makeZip } from "./make-zip.fixture.ts";
import { clutter, type FileKind, sniff } from "./sniff.ts";

const text = (value: string) => Buffer.from(value, "latin1");
const behindPreamble = (rest: string, start = "") => Buffer.concat([text(start.padEnd(128, "\0")), text(rest)]);
const zip = makeZip([{ name: "a", data: "abc" }]);
const tarHeader = () => {
  const header = Buffer.alloc(1024);
  header.write("name");
  header.write("0000003\0", 124);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(sum.toString(8).padStart(6, "0"), 148);
  return header;
};

const samples: readonly (readonly [string, FileKind, Uint8Array])[] = [
  ["an empty file", "empty", Buffer.alloc(0)],
  ["one byte", "unknown", text("x")],
  ["a Part 10 file", "dicom", behindPreamble("DICM\x02\0\0\0")],
  ["a Part 10 file with a TIFF preamble", "dicom", behindPreamble("DICM", "II*\0")],
  ["a Part 10 file with a ZIP preamble", "dicom", behindPreamble("DICM", "PK\x03\x04")],
  ["file meta without preamble", "maybe-dicom", text("DICM\x02\0\0\0UL\x04\0")],
  ["a bare explicit VR data set", "maybe-dicom", text("\x08\0\x05\0CS\x0a\0ISO_IR 100")],
  ["a bare implicit VR data set", "maybe-dicom", text("\x08\0\x05\0\x0a\0\0\0ISO_IR 100")],
  ["a bare big endian data set", "maybe-dicom", text("\0\x08\0\x05CS\0\x0aISO_IR 100")],
  ["a ZIP", "zip", zip],
  ["an empty ZIP", "zip", makeZip([])],
  ["a ZIP behind a program", "zip", Buffer.concat([text("MZ".padEnd(999, "x")), zip])],
  ["a text that mentions a ZIP's end", "unknown", text("some words PK\x05\x06 and more words that go on")],
  ["RAR 4", "rar", text("Rar!\x1a\x07\x00....")],
  ["RAR 5", "rar", text("Rar!\x1a\x07\x01\x00...")],
  ["7z", "7z", text("7z\xbc\xaf\x27\x1c...")],
  ["gzip", "gzip", gzipSync("x")],
  ["an old tar without magic", "tar", tarHeader()],
  ["zeros", "unknown", Buffer.alloc(4096)],
  ["PDF", "pdf", text("%PDF-1.7")],
  ["SVG behind a declaration", "svg", text('<?xml version="1.0"?>\n<svg xmlns="x">')],
  ["HTML", "unknown", text("<!DOCTYPE html><html><body>")],
];

describe("sniff", () => {
  for (const [what, kind, bytes] of samples) {
    test(`${what} is ${kind}`, () =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, "file"), bytes);
        expect(await sniff(join(folder, "file"))).toBe(kind);
      }));
  }

  if (sharedData !== null) {
    const root = sharedData;
    const list = (folder: string) => readdirSync(join(root, folder)).map((name) => join(root, folder, name));
    for (const path of list("images")) {
      // What a picture is named says what it is, save for those named for the opposite.
      const wanted = { jpg: "jpeg", tif: "tiff" }[path.split(".").at(-1) ?? ""] ?? path.split(".").at(-1);
      const renamed: Readonly<Record<string, string>> = {
        "text.jpg": "unknown",
        "empty.jpg": "empty",
        "jpeg-named.png": "jpeg",
        "png-named.jpg": "png",
      };
      test(basename(path), async () => expect(await sniff(path)).toBe((renamed[basename(path)] ?? wanted) as FileKind));
    }
    for (const path of list("dicom/single")) {
      test(basename(path), async () => expect(await sniff(path)).toBe("dicom"));
    }
    for (const path of list("dicom/no-preamble")) {
      test(basename(path), async () => expect(await sniff(path)).toMatch(/^(?:maybe-)?dicom$/));
    }
  }
});

test("clutter is told by name, in any folder and case", () => {
  const left = [
    "AUTORUN.INF",
    "viewer/Setup.EXE",
    "a\\b\\help.HTM",
    "__MACOSX/._MR01.dcm",
    "x/._IM1",
    ".DS_Store",
    "Thumbs.db",
  ];
  const kept = [
    "IM0001",
    "study/MR01.dcm",
    "DICOM/S1/I1",
    "scan.ima",
    "notes.unknown",
    "READ/IM1",
    "photo.jpg",
    "a.b/c",
  ];
  expect(left.filter(clutter)).toEqual(left);
  expect(["README", "readme.1st", "LICENSE", "DICOMDIR"].filter(clutter)).toHaveLength(4);
  expect(kept.filter(clutter)).toEqual([]);
});
