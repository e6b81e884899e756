// Writes docs/errors.md out of the error catalogue: `bun scripts/error-docs.ts`. A test holds the file against it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorDocument } from "../src/contract/error-document.ts";

writeFileSync(join(import.meta.dir, "../docs/errors.md"), errorDocument());
