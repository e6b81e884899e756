import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../core/config-schema.ts";
import type { Inspection } from "../dicom/inspection.ts";
import type { FindingBook } from "./finding-book.ts";
import { type FileKind, isArchive, sniff } from "./sniff.ts";
import { ArchiveRefused, UnpackBudget, unpack } from "./unpack.ts";
import { groupVolumes } from "./volumes.ts";

/** A file on the spool, told by its content. */
export interface SpooledFile {
  /** Relative to the upload's folder. */
  readonly path: string;
  readonly size: number;
  /** As the sender knows it; a member is `archive.zip/path`. */
  readonly name: string;
  /** Of its bytes, where somebody computed it already; hex. */
  readonly sha256?: string;
  /** What it is, and what its header says, where somebody looked already. */
  readonly kind?: FileKind;
  readonly inspection?: Inspection;
}
export interface SniffedFile extends SpooledFile {
  readonly kind: FileKind;
}

export interface ExpandContext {
  readonly limits: Config["limits"];
  /** The upload's folder, absolute. */
  readonly folder: string;
  /** The work folder below it, relative. */
  readonly work: string;
  readonly book: FindingBook;
  /** @throws RelayError insufficient_storage */
  readonly requireRoom: (bytes: number) => void;
  readonly signal: AbortSignal;
}

export interface Expanded {
  /** What is not an archive, out of archives or not. */
  readonly files: SniffedFile[];
  /** Names of the outermost archives that could be opened. */
  readonly archives: string[];
}

/** Opens every archive, and archives in archives as deep as the limits allow. */
export async function expand(files: readonly SpooledFile[], context: ExpandContext): Promise<Expanded> {
  const opened: SniffedFile[] = [];
  const archives: string[] = [];
  const numbered = { next: 0 };
  const { sets, strays, others } = groupVolumes(files);
  for (const file of strays) context.book.add("archive_volume_missing", "refused", file.name);
  const tasks = [
    ...sets.map(({ first, volumes }) => ({ file: first, volumes: [...volumes] })),
    ...others.map((file) => ({ file, volumes: [] as SpooledFile[] })),
  ];
  for (const { file, volumes } of tasks) {
    context.signal.throwIfAborted();
    const sniffed = await told(file, context);
    if (!isArchive(sniffed.kind)) {
      // A set by its names only: its files speak for themselves.
      opened.push(sniffed, ...(await sniffAll(volumes, context)));
      continue;
    }
    const packed = [file, ...volumes].reduce((sum, { size }) => sum + size, 0);
    const budget = new UnpackBudget(
      {
        maxUnpackedBytes: context.limits.max_unpacked_bytes,
        maxRatio: context.limits.max_unpack_ratio,
        maxEntries: context.limits.max_archive_entries,
        maxFileBytes: context.limits.max_file_bytes,
        reserve: context.requireRoom,
      },
      packed,
    );
    try {
      opened.push(...(await open(sniffed, volumes, 1, budget, numbered, context)));
      archives.push(file.name);
    } catch (error) {
      if (!(error instanceof ArchiveRefused)) throw error;
      context.book.add(error.code, "refused", file.name, error.message);
    }
  }
  return { files: opened, archives };
}

const told = async (file: SpooledFile, { folder }: ExpandContext): Promise<SniffedFile> => ({
  ...file,
  kind: file.kind ?? (await sniff(join(folder, file.path))),
});
const sniffAll = (files: readonly SpooledFile[], context: ExpandContext): Promise<SniffedFile[]> =>
  Promise.all(files.map((file) => told(file, context)));

/** One archive and what is nested in it. A bomb refuses the outermost archive whole; other faults only the one that has them. */
async function open(
  archive: SniffedFile,
  volumes: readonly SpooledFile[],
  depth: number,
  budget: UnpackBudget,
  numbered: { next: number },
  context: ExpandContext,
): Promise<SniffedFile[]> {
  const { folder, work, book, limits, signal } = context;
  if (!isArchive(archive.kind)) return [archive];
  const into = `${work}/${numbered.next++}`;
  await mkdir(join(folder, into), { recursive: true });
  const members = await unpack(
    {
      path: join(folder, archive.path),
      kind: archive.kind,
      name: archive.name,
      ...(volumes.length > 0 ? { volumes: volumes.map(({ path, name }) => ({ path: join(folder, path), name })) } : {}),
    },
    join(folder, into),
    budget,
    signal,
  );
  const result: SniffedFile[] = [];
  for (const member of members) {
    signal.throwIfAborted();
    const file: SniffedFile = {
      path: `${into}/${member.path.slice(member.path.lastIndexOf("/") + 1)}`,
      size: member.size,
      name: `${archive.name}/${member.name}`,
      kind: await sniff(member.path),
    };
    if (!isArchive(file.kind)) {
      result.push(file);
    } else if (depth >= limits.max_archive_depth) {
      book.add("left_out", "warning", file.name, "An archive inside an archive inside an archive is not opened.");
    } else {
      try {
        result.push(...(await open(file, [], depth + 1, budget, numbered, context)));
      } catch (error) {
        if (!(error instanceof ArchiveRefused) || error.code === "archive_bomb") {
          await rm(join(folder, into), { recursive: true, force: true });
          throw error;
        }
        book.add(error.code, "refused", file.name, error.message);
      }
    }
  }
  return result;
}
