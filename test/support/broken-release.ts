import { chmodSync, writeFileSync } from "node:fs";

/**
 * Writes a release's executable that changes the tables as a newer version would, and then does not serve; all else it leaves to
 * a sound one.
 * @param sound where that one lies on the machine
 * @returns the path it was written to
 */
export function writeBroken(path: string, sound: string, dataDir = "/var/lib/relaypacs"): string {
  writeFileSync(
    path,
    `#!/bin/sh
case "$1" in serve) BUN_BE_BUN=1 ${sound} -e '
const { Database } = require("bun:sqlite");
new Database("${dataDir}/relaypacs.db").run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES (\\"x\\", 99999999999999)");
'; exit 1 ;; esac
exec ${sound} "$@"
`,
  );
  chmodSync(path, 0o755);
  return path;
}
