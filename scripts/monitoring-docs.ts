// Writes docs/monitoring.md out of the metrics and the alert rules: `bun scripts/monitoring-docs.ts`. A test holds the file against them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitoringPage } from "./monitoring/page.ts";

writeFileSync(join(import.meta.dir, "../docs/monitoring.md"), await monitoringPage());
