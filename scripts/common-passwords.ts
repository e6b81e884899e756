import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { bareWord } from "../src/auth/password-rules.ts";

/** `bun scripts/common-passwords.ts passwords.json > src/auth/common-passwords.txt`: what the list is made of stands beside it. */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("Name the list, commonest first: a JSON array of texts.");
const all = (JSON.parse(readFileSync(file, "utf8")) as unknown[]).map((it) => String(it).toLowerCase());
const words = [...new Set(all.map(bareWord).filter((word) => [...word].length >= 4))].slice(0, 5000);
const long = all.filter((password) => [...password].length >= 12);
/** What a hospital's guesser tries first. */
const ours = [
  "relaypacs",
  "radiology",
  "radiologie",
  "hospital",
  "spital",
  "klinik",
  "clinic",
  "clinique",
  "dicom",
  "pacs",
];
const marks = [...new Set([...long, ...words, ...ours])].map((it) =>
  createHash("sha256").update(it).digest().readUInt32BE(0),
);
const bytes = Buffer.alloc(4 * marks.length);
marks.sort((a, b) => a - b).forEach((mark, index) => void bytes.writeUInt32BE(mark, 4 * index));
process.stdout.write(`${bytes.toString("base64").replace(/.{1,124}/g, "$&\n")}`);
