import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryUnpack, usualLimits } from "../../src/intake/archives.fixture.ts";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import type { ArchiveKind } from "../../src/intake/sniff.ts";
import { UnpackBudget } from "../../src/intake/unpack.ts";
import { sharedData } from "../support/shared-data.ts";
import { type Corpus, type OpenCorpus, type Pick, sentinel } from "./corpus.ts";
import { mutated } from "./mutate.ts";

const limits = { ...usualLimits, maxUnpackedBytes: 8 * 1024 * 1024 };
const refusals: ReadonlySet<string | null> = new Set([
  null,
  "archive_bomb",
  "archive_unsafe_path",
  "archive_link",
  "archive_encrypted",
  "archive_corrupt",
  "archive_volume_missing",
  "archive_unsupported",
]);

/** Opens an archive in a folder of its own. @throws where it is neither members nor a refusal, or leaves anything elsewhere */
async function opensOrRefuses(folder: string, bytes: Uint8Array, kind: ArchiveKind): Promise<void> {
  const path = join(folder, "archive");
  const into = join(folder, "into");
  writeFileSync(path, bytes);
  try {
    const { refused, members } = await tryUnpack({ path, kind }, into, new UnpackBudget(limits, bytes.length));
    if (!refusals.has(refused)) throw new Error(`refused with ${refused}`);
    const beside = readdirSync(folder).sort().join();
    if (beside !== "archive,into") throw new Error(`${beside} lie beside the archive`);
    let unpacked = 0;
    for (const member of members) {
      const { size } = statOfFile(member.path);
      unpacked += size;
    }
    if (unpacked > limits.maxUnpackedBytes) throw new Error(`${unpacked} bytes came out`);
  } finally {
    for (const name of readdirSync(into)) rmSync(join(into, name), { recursive: true });
  }
}

function statOfFile(path: string): { readonly size: number } {
  const found = lstatSync(path);
  if (!found.isFile() || (found.mode & 0o111) !== 0) throw new Error("something came out that is no plain file");
  return found;
}

function lanesOfFolders(kind: ArchiveKind, make: (pick: Pick) => Uint8Array): OpenCorpus {
  const root = mkdtempSync(join(tmpdir(), "relaypacs-corpus-"));
  const spare: string[] = [];
  let made = 0;
  return {
    async one(pick) {
      const folder = spare.pop() ?? join(root, `${made++}`);
      mkdirSync(join(folder, "into"), { recursive: true });
      await opensOrRefuses(folder, make(pick), kind);
      spare.push(folder);
    },
    async close() {
      const names = readdirSync(root);
      rmSync(root, { recursive: true });
      if (names.length !== made) throw new Error("something lies beside the work folders");
      return "";
    },
  };
}

const content = Buffer.from(sentinel.repeat(64));
const names = [
  "../up",
  "/etc/x",
  "a/../../b",
  "a\\..\\b",
  "C:\\x",
  `${"n".repeat(300)}`,
  "",
  ".",
  "a\0b",
  `${"d/".repeat(200)}e`,
];

/** Whole archives, with members as they lie at will; then their bytes are changed. */
export function badZip(pick: Pick): Uint8Array {
  const members = Array.from({ length: 1 + pick.below(6) }, (_, index) => ({
    name: pick.chance(0.1) ? pick.of(names) : `IM${index}`,
    data: content.subarray(pick.below(content.length)),
    stored: pick.chance(0.3),
    ...(pick.chance(0.05) ? { unixMode: pick.of([0o120777, 0o40755, 0o60644, 0o10644]) } : {}),
    ...(pick.chance(0.03) ? { method: pick.of([1, 6, 9, 12, 14, 93, 95, 99]) } : {}),
    ...(pick.chance(0.05) ? { size: pick.of([0, 1, 0xffffffff, 1 << 30]) } : {}),
    ...(pick.chance(0.05) ? { offset: pick.of([0, 1, 0xffffffff]) } : {}),
    ...(pick.chance(0.03) ? { flags: pick.of([1, 8, 0x40, 0x800, 0x2000]) } : {}),
  }));
  const nested = pick.chance(0.1) ? [{ name: "in.zip", data: makeZip([{ name: "a", data: "x" }]), stored: true }] : [];
  const zip = makeZip(
    [...members, ...nested],
    pick.chance(0.1) ? { comment: Buffer.alloc(pick.below(200), "PK") } : {},
  );
  // The fields that matter lie at the end of a ZIP.
  return pick.chance(0.1) ? zip : mutated(zip, pick, (length) => length - 1 - pick.below(Math.min(length, 400)));
}

export const zips: Corpus = {
  name: "ZIP",
  full: 100_000,
  short: 10_000,
  open: async () => lanesOfFolders("zip", badZip),
};

const rarNames = ["rar/rar4-series.rar", "rar/rar5-study.rar", "rar-samples/rar5-solid.rar"];

/** Each costs two processes. Nothing here can write a RAR: the data has some. */
export const rars: Corpus | null =
  sharedData === null
    ? null
    : {
        name: "RAR",
        full: 20_000,
        short: 2_000,
        async open() {
          const sources = rarNames.map((name) => readFileSync(join(sharedData ?? "", "archives", name)));
          return lanesOfFolders("rar", (pick) =>
            mutated(pick.of(sources), pick, (length) => pick.below(Math.min(length, 2000))),
          );
        },
      };

/** What an archive of the regression folder is held against. */
export async function checkArchive(bytes: Uint8Array, kind: ArchiveKind): Promise<void> {
  const opened = lanesOfFolders(kind, () => bytes);
  try {
    await opened.one({ below: () => 0, of: <T>(items: readonly T[]) => items[0] as T, chance: () => false });
  } finally {
    await opened.close();
  }
}
