import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NotesContext } from "./note-context.ts";

/** Clinical notes of a made-up study, for the tests. */
export const madeNotes: NotesContext = {
  patient: { name: "Müller^Jürgen=山田^太郎", id: "P-1", birthDate: "19700131", sex: "M" },
  study: {
    studyInstanceUID: "2.25.11",
    date: "20250102",
    time: "101500",
    id: "S-1",
    description: "CT Schädel",
    accessionNumber: "A-1",
    referringPhysicianName: "Beispiel^Anna^^Dr.",
  },
  seriesInstanceUID: "2.25.12",
  sopInstanceUID: "2.25.13",
  author: "Dr. Anna Beispiel",
  serviceLevel: "stat",
  notes: "Sturz aus 2 m Höhe, Übelkeit.\nFrage: Blutung?",
  now: new Date(2025, 0, 2, 11, 30, 5),
  siteName: "Klinik am Südhang",
};

/** The same where nothing is known that need not be. */
export const bareNotes: NotesContext = {
  ...madeNotes,
  patient: { name: "", id: "", birthDate: "", sex: "" },
  study: {
    studyInstanceUID: "2.25.11",
    date: "",
    time: "",
    id: "",
    description: "",
    accessionNumber: "",
    referringPhysicianName: "",
  },
  author: "",
  siteName: "",
};

/** Calls with a folder of its own that is gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "relaypacs-notes-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Whether a program that checks DICOM objects is installed. */
export const installed = (program: string): boolean => Bun.which(program) !== null;

/** What a program says of a file, on both streams; `arguments` stand before the file's path. */
export const saidOf = (bytes: Uint8Array, program: string, ...flags: readonly string[]): Promise<string> =>
  inFolder(async (folder) => {
    const path = join(folder, "made.dcm");
    await writeFile(path, bytes);
    const child = Bun.spawnSync([program, ...flags, path]);
    return child.stdout.toString() + child.stderr.toString();
  });

/** The errors that dciodvfy finds. */
export async function faultsOf(bytes: Uint8Array): Promise<string[]> {
  const said = await saidOf(bytes, "dciodvfy");
  return said.split("\n").filter((line) => line.startsWith("Error"));
}
