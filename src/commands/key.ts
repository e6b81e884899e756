import { record, theConsole } from "../audit/record.ts";
import { rotateKey } from "../auth/key-ring.ts";
import { keyFolder, loadKeys } from "../auth/keys.ts";
import { openDatabase } from "../db/database.ts";
import { type ConfigOptions, readConfig } from "./context.ts";
import { say } from "./io.ts";

/** `key rotate`: takes effect in a running server with its next token. */
export async function rotate(options: ConfigOptions): Promise<number> {
  const { data_dir, auth } = readConfig(options);
  await loadKeys(data_dir); // where there is none yet, there is nothing to retire but a key that nobody has seen
  const minutes = Math.max(auth.access_token_minutes, auth.upload_token_minutes, auth.session_hours * 60);
  await rotateKey(keyFolder(data_dir), minutes * 60_000);
  const db = openDatabase(data_dir);
  try {
    db.transaction((tx) => record(tx, { by: theConsole(), event: "key.rotated" }));
  } finally {
    db.close();
  }
  say(`A new key signs from now on; tokens of the old one are good until they end, ${minutes} minutes at most.`);
  return 0;
}
