import { describe, expect, test } from "bun:test";
import { basename, dirname, relative } from "node:path";
import { manifestRows } from "../../test/support/manifest.ts";
import { sharedData, sharedFiles } from "../../test/support/shared-data.ts";
import { type DirectoryEntry, readDicomdir } from "../dicom/dicomdir.ts";
import { inspect } from "../dicom/inspect.ts";
import type { InspectedInstance } from "../dicom/inspection.ts";
import { inFolder, tryUnpack } from "../intake/archives.fixture.ts";
import { isArchive, sniff } from "../intake/sniff.ts";
import { completenessFindings } from "./completeness.ts";

interface Found {
  readonly instances: InspectedInstance[];
  readonly directory: DirectoryEntry[];
}

async function look(paths: readonly string[]): Promise<Found> {
  const found: Found = { instances: [], directory: [] };
  for (const path of paths) {
    const inspection = await inspect(path);
    if (inspection.kind === "instance") found.instances.push(inspection);
    if (inspection.kind === "dicomdir") found.directory.push(...((await readDicomdir(path)) ?? []));
  }
  return found;
}

/** What is said of all studies in it, one after the other. */
const said = (instances: readonly InspectedInstance[], directory: readonly DirectoryEntry[]): string[] =>
  [...Map.groupBy(instances, ({ studyInstanceUID }) => studyInstanceUID).values()].flatMap((study) =>
    completenessFindings({ instances: study }, directory).map(({ message }) => message),
  );

if (sharedData !== null) {
  const root = sharedData;
  const folders = Map.groupBy(sharedFiles("dicom"), (path) => relative(root, path).split("/")[1] ?? "");

  describe("no study of the test data is called incomplete", () => {
    for (const [name, paths] of folders)
      test(name, async () => {
        const { instances, directory } = await look(paths);
        expect(instances.length).toBeGreaterThan(0);
        expect(said(instances, directory)).toEqual([]);
        expect(said(instances, [])).toEqual([]);
      });

    for (const { file: path } of manifestRows("Archives")) {
      // Opens to 12 000 or to hundreds of megabytes of no image.
      if (/many-entries|bomb|ratio|overlap|lying/.test(path)) continue;
      test(basename(path), () =>
        inFolder(async (into) => {
          const kind = await sniff(path);
          if (!isArchive(kind)) return;
          const { members } = await tryUnpack({ path, kind }, into);
          const { instances, directory } = await look(members.map((member) => member.path));
          expect(said(instances, directory)).toEqual([]);
          expect(said(instances, [])).toEqual([]);
        }),
      );
    }
  });

  describe("what is taken away from it is missed", () => {
    test("two of the 28 slices of a CT series", async () => {
      const { instances } = await look(folders.get("study-ct-philips") ?? []);
      const kept = instances.filter(({ seriesNumber, instanceNumber }) =>
        seriesNumber === "201" ? !["7", "21"].includes(instanceNumber) : true,
      );
      expect(said(kept, [])).toEqual(["Series 201: 26 of 28 images."]);
    });

    test("a folder of a disc", async () => {
      const { instances, directory } = await look(folders.get("fileset-dicomdir") ?? []);
      const lost = new Set(
        directory
          .filter(({ referencedFileID }) => referencedFileID.split("\\")[1] === "CT2")
          .map((entry) => entry.sopInstanceUID),
      );
      expect(lost.size).toBe(4);
      const one = [...lost][0] ?? "";
      expect(
        said(
          instances.filter((instance) => instance.sopInstanceUID !== one),
          directory,
        ),
      ).toEqual(["The disc's directory lists 4 images of this study; 3 were sent.", "Series 2: 3 of 4 images."]);
    });

    test("the directory's files are the files beside it", async () => {
      const paths = folders.get("fileset-dicomdir") ?? [];
      const { directory } = await look(paths);
      const home = dirname(paths.find((path) => basename(path) === "DICOMDIR") ?? "");
      const listed = directory.map(({ referencedFileID }) => referencedFileID.replaceAll("\\", "/")).sort();
      expect(listed).toEqual(
        paths
          .map((path) => relative(home, path))
          .filter((path) => path !== "DICOMDIR")
          .sort(),
      );
    });
  });
}
