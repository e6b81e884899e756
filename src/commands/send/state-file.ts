import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Environment } from "../../core/config-env.ts";

/** What a killed `send` leaves for the next one. */
const SendState = Type.Object({
  /** Counts the uploads of the same list: a finished one is never continued. */
  round: Type.Integer({ minimum: 0 }),
  upload: Type.Optional(
    Type.Object({
      upload_id: Type.String(),
      upload_token: Type.String(),
      chunk_size: Type.Integer({ minimum: 1 }),
      max_request_bytes: Type.Integer({ minimum: 1 }),
    }),
  ),
});
export type SendState = Static<typeof SendState>;

/** $XDG_STATE_HOME/relaypacs, else ~/.local/state/relaypacs. */
export const stateFolder = (environment: Environment): string =>
  join(environment.XDG_STATE_HOME || join(environment.HOME || homedir(), ".local", "state"), "relaypacs");

export const stateFile = (folder: string, key: string): string => join(folder, `send-${key.slice(0, 32)}.json`);

export function readState(path: string): SendState {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (Value.Check(SendState, value)) return value;
  } catch {
    // none, or not readable: begin anew; the idempotency key still finds an upload that was begun
  }
  return { round: 0 };
}

/** Keeps the state; it holds a token, so it is for its owner alone. False where it cannot be kept. */
export function writeState(path: string, state: SendState): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, JSON.stringify(state), { mode: 0o600 });
    renameSync(unfinished, path);
    return true;
  } catch {
    return false;
  }
}
