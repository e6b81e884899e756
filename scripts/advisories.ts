import { join } from "node:path";
import { parseArgs } from "node:util";
import { findings, pinnedPackages, readAdvisories, told } from "./release/advisories.ts";

/**
 * `bun scripts/advisories.ts --from PATH [--accept ID]...`: holds bun.lock against advisories that were brought along (docs/security.md).
 * Exit 0: none speaks of it. 1: one does, and nobody accepted it. 2: it could not be looked at.
 */
const { values } = parseArgs({ options: { from: { type: "string" }, accept: { type: "string", multiple: true } } });
process.exitCode = await check(values.from, values.accept ?? []);

async function check(from: string | undefined, accepted: readonly string[]): Promise<number> {
  try {
    if (from === undefined) throw new Error("Name the advisories: --from FILE-OR-FOLDER");
    const advisories = await readAdvisories(from);
    const pinned = pinnedPackages(join(import.meta.dir, ".."));
    const found = findings(pinned, advisories);
    for (const it of found) process.stdout.write(`${told(it)}${accepted.includes(it.id) ? " (accepted)" : ""}\n`);
    const open = found.filter(({ id }) => !accepted.includes(id));
    process.stderr.write(`${pinned.length} packages, ${advisories.length} advisories: ${open.length} to mend.\n`);
    return open.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
}
