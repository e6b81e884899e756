import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { manifestRows } from "../../test/support/manifest.ts";
import { sharedData } from "../../test/support/shared-data.ts";
import { inFolder, tryUnpack, usualLimits } from "./archives.fixture.ts";
import { isArchive, sniff } from "./sniff.ts";
import { UnpackBudget } from "./unpack.ts";
import { groupVolumes } from "./volumes.ts";

/** The table's words and what unpacking says in their place. */
const CODES: Readonly<Record<string, string>> = {
  "R-TRAVERSAL": "archive_unsafe_path",
  "R-SYMLINK": "archive_link",
  "R-BOMB": "archive_bomb",
  "R-ENCRYPTED": "archive_encrypted",
  "R-ARCHIVE-CORRUPT": "archive_corrupt",
  "R-MULTIVOLUME": "archive_volume_missing",
  "R-ZIP-METHOD": "archive_unsupported",
};
/** Verdicts on the members, which are another room's: here the archive opens. */
const OPENS = /\baccept\b|R-NO-DICOM|R-NOT-DICOM|R-PIXEL-LENGTH|R-TOO-MANY/;
/** Opens to 200 MB of zeros, below the 256 MiB from which the ratio counts: bounded, and unknown by content. */
const OPENS_TO_NOTHING = ["gzip-bomb-200mb.dcm.gz"];
/** A chain of bombs: the outermost opens to six small archives; see the test of the budget. */
const NESTED = ["nested-bomb.zip"];
/** Instances, with those that the verdicts count in other rooms. */
const DICOM_FILES: Readonly<Record<string, number>> = {
  "cd-with-dicomdir.zip": 9, // and the DICOMDIR
  "fileset-tiny-alpha.zip": 51, // and the DICOMDIR
  "rar4-dicomdir.rar": 32, // and the DICOMDIR
  "rar5-dicomdir.rar": 32, // and the DICOMDIR
  "nested-zip.zip": 1, // and a nested archive
  "partly-bad.zip": 4, // and two that the DICOM reader refuses
};

/** Where the hostile archives want to write. */
const evil = () => readdirSync("/tmp").filter((name) => name.startsWith("relaypacs-evil"));

describe("T15, T16, T17, T18: every archive of the manifest", () => {
  const before = evil();
  afterEach(() => expect(evil()).toEqual(before));

  for (const { file: path, expected } of manifestRows("Archives")) {
    const name = basename(path);
    test(`${name}: ${expected}`, () =>
      inFolder(async (into) => {
        const kind = await sniff(path);
        if (!isArchive(kind)) return expect(expected).toContain("R-ARCHIVE-TYPE");
        const { members, refused } = await tryUnpack({ path, kind }, into);
        const codes = Object.keys(CODES).filter((word) => expected.includes(word));
        if (refused !== null) return expect(codes.map((word) => CODES[word])).toContain(refused);

        const kinds = await Promise.all(members.map((member) => sniff(member.path)));
        const instances = kinds.filter((found) => found === "dicom").length;
        if (OPENS_TO_NOTHING.includes(name)) return expect(kinds).toEqual(["unknown"]);
        if (NESTED.includes(name)) return expect(new Set(kinds)).toEqual(new Set(["zip"]));
        expect(expected).toMatch(OPENS);
        const counted = Number(/accept (\d+)/.exec(expected)?.[1] ?? (expected.includes("R-NO-DICOM") ? 0 : instances));
        expect(instances).toBe(DICOM_FILES[name] ?? counted);
        expect(members.reduce((sum, { size }) => sum + size, 0)).toBe(
          members.reduce((sum, member) => sum + Bun.file(member.path).size, 0),
        );
      }));
  }

  const folders = new Set(manifestRows("Archives").map(({ file }) => file.replace(/[^/]+$/, "")));
  for (const folder of folders) {
    for (const { first, volumes } of groupVolumes(readdirSync(folder).map((name) => ({ name }))).sets) {
      test(`all parts of ${first.name}`, () =>
        inFolder(async (into) => {
          const parts = volumes.map(({ name }) => ({ path: join(folder, name) }));
          const { members, refused } = await tryUnpack(
            { path: join(folder, first.name), kind: "rar", volumes: parts },
            into,
          );
          expect(refused).toBeNull();
          expect(members.length).toBe(first.name.startsWith("rar3") ? 2 : 3);
          const short = await inFolder((other) =>
            tryUnpack({ path: join(folder, first.name), kind: "rar", volumes: parts.slice(0, 1) }, other),
          );
          expect(short.refused).toBe("archive_volume_missing");
        }));
    }
  }
});

/** As the pipeline does it, but without a bound on the depth: only the budget can end it. */
async function openAll(path: string, into: string, budget: UnpackBudget): Promise<string | null> {
  const kind = await sniff(path);
  if (!isArchive(kind)) return null;
  return await inFolder(async (folder) => {
    const { members, refused } = await tryUnpack({ path, kind }, folder, budget);
    if (refused !== null) return refused;
    for (const member of members) {
      const inner = await openAll(member.path, into, budget);
      if (inner !== null) return inner;
    }
    return null;
  });
}

if (sharedData !== null) {
  const path = join(sharedData, "archives/hostile/nested-bomb.zip");
  test("T17: one budget over all levels ends a nested bomb", () =>
    inFolder(async (into) => {
      const budget = new UnpackBudget(usualLimits, Bun.file(path).size);
      expect(await openAll(path, into, budget)).toBe("archive_bomb");
      expect(budget.bytes).toBeLessThan(400 * 1024 * 1024);
    }));
}
