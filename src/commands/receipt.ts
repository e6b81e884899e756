import { readFileSync } from "node:fs";
import { knownReceiptKey, verifyReceipt } from "../auth/receipt-key.ts";
import { ConfigError } from "../core/config-error.ts";
import { type JsonOptions, readConfig } from "./context.ts";
import { say, sayJson, tell, UsageError } from "./io.ts";

interface VerifyOptions extends JsonOptions {
  readonly fingerprint?: string;
}

function readDocument(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`The file cannot be read (${(error as { code?: string }).code ?? "unknown"}).`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("The file is no JSON. A receipt's page is checked by its JSON document.");
  }
}

/** The key of the box this runs on; null where it is none, as on an auditor's own machine. */
async function ownKey(options: JsonOptions) {
  try {
    return await knownReceiptKey(readConfig(options).data_dir);
  } catch (error) {
    const unreadable = (error as { code?: string }).code === "EACCES";
    if (error instanceof ConfigError || unreadable) return null;
    throw error;
  }
}

/** `receipt verify FILE`: whether it is as it was signed, and by whose key. Needs neither server nor network. */
export async function verify(file: string, options: VerifyOptions): Promise<number> {
  const document = readDocument(file);
  const found = await verifyReceipt(document);
  const wanted = options.fingerprint ?? (await ownKey(options))?.fingerprint ?? null;
  const ok = found !== null && (wanted === null || wanted === found);
  if (options.json === true) {
    sayJson({ ok, signature: found !== null, fingerprint: found, compared_with: wanted });
    return ok ? 0 : 1;
  }
  if (found === null) tell("FAIL: this is not what was signed: the document or its signature was changed.");
  else if (!ok) tell(`FAIL: the document is whole, but another key signed it: ${found}, not ${wanted}.`);
  else if (wanted !== null) say(`ok: unchanged, signed by ${found}`);
  else {
    say(`ok: unchanged, signed by ${found}`);
    tell("Whose key that is was not compared: hold it against what `relaypacs receipt key` says on the box.");
  }
  return ok ? 0 : 1;
}

/** `receipt key`: what others need to know whose receipts are this box's. */
export async function key(options: JsonOptions): Promise<number> {
  const known = await knownReceiptKey(readConfig(options).data_dir);
  if (known === null) {
    tell("This box has no key for receipts yet; it is made at the first start.");
    return 1;
  }
  if (options.json === true) sayJson({ fingerprint: known.fingerprint, public_key: known.publicKey });
  else {
    say(known.fingerprint);
    say(JSON.stringify(known.publicKey));
  }
  return 0;
}
