import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Open } from "unzipper";
import { readLock } from "./sbom.ts";

type Event = Readonly<Partial<Record<"introduced" | "fixed" | "last_affected" | "limit", string>>>;
/** What is read of an advisory in the OSV format (ossf.github.io/osv-schema), which osv.dev and GitHub's advisory database share. */
export interface Advisory {
  readonly id: string;
  readonly summary?: string;
  /** A time: it was none. */
  readonly withdrawn?: string;
  readonly affected?: readonly {
    readonly package?: { readonly ecosystem?: string; readonly name?: string };
    readonly ranges?: readonly { readonly type?: string; readonly events?: readonly Event[] }[];
    readonly versions?: readonly string[];
  }[];
}

export interface Finding {
  readonly name: string;
  readonly version: string;
  readonly id: string;
  readonly summary: string;
  /** The lowest fixed version above this one; null where there is none. */
  readonly fixed: string | null;
}

interface Pinned {
  readonly name: string;
  readonly version: string;
}

/** Every package of bun.lock, each version once. */
export function pinnedPackages(root: string): Pinned[] {
  const named = Object.values(readLock(root).packages).map(([it]) => it);
  return [...new Set(named)].map((it) => {
    const at = it.lastIndexOf("@");
    return { name: it.slice(0, at), version: it.slice(at + 1) };
  });
}

/**
 * Advisories of a file or folder that was brought along: `.json` (one, or a list), `.jsonl` (one a line), `.zip` (such files; osv.dev's
 * `npm/all.zip`), or a folder of `.json` below it.
 * @throws Error where it holds none, or something that is none: an empty file must not look like a clean bill
 */
export async function readAdvisories(path: string): Promise<Advisory[]> {
  const found = (await textsOf(path)).flatMap(([name, text]) => {
    const values = name.endsWith(".jsonl") ? text.split("\n").filter((line) => line.trim() !== "") : [text];
    return values.flatMap((it) => [JSON.parse(it) as unknown].flat());
  });
  if (found.length === 0) throw new Error(`There is no advisory in ${path}.`);
  const strange = found.find(
    (it) => typeof (it as Advisory | null)?.id !== "string" || !("modified" in (it as object)),
  );
  if (strange !== undefined) throw new Error(`${path} holds something that is no advisory of the OSV format.`);
  return found as Advisory[];
}

/** @returns names and contents */
async function textsOf(path: string): Promise<(readonly [string, string])[]> {
  if (statSync(path).isDirectory())
    return readdirSync(path, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.jsonl?$/.test(name))
      .map((name) => [name, readFileSync(join(path, name), "utf8")]);
  if (!path.endsWith(".zip")) return [[path, readFileSync(path, "utf8")]];
  const { files } = await Open.file(path);
  const texts: (readonly [string, string])[] = [];
  for (const file of files)
    if (/\.jsonl?$/.test(file.path)) texts.push([file.path, (await file.buffer()).toString("utf8")]);
  return texts;
}

/** What of the pinned packages an advisory speaks of. */
export function findings(pinned: readonly Pinned[], advisories: readonly Advisory[]): Finding[] {
  const versions = new Map<string, string[]>();
  for (const { name, version } of pinned) versions.set(name, [...(versions.get(name) ?? []), version]);
  return advisories
    .filter(({ withdrawn }) => withdrawn === undefined)
    .flatMap(({ id, summary = "", affected = [] }) =>
      affected.flatMap(({ package: about, ranges = [], versions: listed = [] }) => {
        if (about?.ecosystem !== "npm") return [];
        const events = ranges.filter(({ type }) => type !== "GIT").map((range) => range.events ?? []);
        const name = about.name ?? "";
        return (versions.get(name) ?? [])
          .filter((version) => listed.includes(version) || events.some((it) => isWithin(version, it)))
          .map((version) => ({ name, version, id, summary, fixed: nextFixed(version, events.flat()) }));
      }),
    );
}

const order = (a: string, b: string): number => (a === b ? 0 : a === "0" ? -1 : b === "0" ? 1 : Bun.semver.order(a, b));
const placeOf = ({ introduced, fixed, last_affected, limit }: Event): string =>
  introduced ?? fixed ?? last_affected ?? limit ?? "0";

/** OSV schema, "Evaluation": the last event at or below a version says whether it is affected. Pre-releases count as what they are. */
function isWithin(version: string, events: readonly Event[]): boolean {
  let within = false;
  for (const event of [...events].sort((a, b) => order(placeOf(a), placeOf(b)))) {
    const reached = order(version, placeOf(event));
    if (event.introduced !== undefined && reached >= 0) within = true;
    if ((event.fixed !== undefined || event.limit !== undefined) && reached >= 0) within = false;
    if (event.last_affected !== undefined && reached > 0) within = false;
  }
  return within;
}

const nextFixed = (version: string, events: readonly Event[]): string | null =>
  events.flatMap(({ fixed }) => (fixed !== undefined && order(fixed, version) > 0 ? [fixed] : [])).sort(order)[0] ??
  null;

/** One line a finding, for people. */
export const told = ({ name, version, id, fixed, summary }: Finding): string =>
  `${name} ${version}: ${id}, ${fixed === null ? "no fixed version" : `fixed in ${fixed}`}${summary === "" ? "" : `: ${summary}`}`;
