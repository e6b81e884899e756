// Writes docs/conformance.md out of the tables that the product uses: `bun scripts/conformance-docs.ts`. A test holds the file against them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { conformanceStatement } from "./conformance/statement.ts";

writeFileSync(join(import.meta.dir, "../docs/conformance.md"), conformanceStatement());
