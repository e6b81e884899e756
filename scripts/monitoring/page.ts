import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { markdown } from "../conformance/tables.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

/** A box in which everything has happened once, so that each metric has its labels. */
async function scraped(): Promise<string> {
  const one = { destinationId: "a", count: 1 };
  const metrics = createMetrics({
    uploads: () => [{ state: "delivered", count: 1 }],
    waiting: () => [{ ...one, state: "pending", priority: 0, oldest: 0 }],
    parked: () => [{ ...one, code: "b" }],
    spoolBytes: () => 1,
    freeBytes: () => 1,
    destinations: () => ["a"],
    isDown: () => false,
    certificateEnds: () => 1,
    lastBackup: () => 1,
  });
  const fields = { destination_id: "a", service_level: "stat", delivered: 1, refused: 1, queued_ms: 1, duration_ms: 1 };
  for (const event of ["delivery.finished", "auth.sign_in_failed", "http.failed"]) metrics.observe(event, fields);
  metrics.chunks("ok", 1);
  return (await metrics.text()).body;
}

const others =
  "Beside them the usual ones of a Node.js process (`process_*`, `nodejs_*`): processor, memory, event-loop lag, collections.";

async function metricTable(): Promise<string> {
  const text = await scraped();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
  const rows = [...text.matchAll(/^# HELP (relaypacs_\S+) (.+)$/gm)].map(([, name = "", help = ""]) => {
    const sample = new RegExp(`^${name}(?:_sum|_bucket|_count)?\\{([^}]*)\\}`, "m").exec(text)?.[1] ?? "";
    const labels = [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== "le");
    return [`\`${name}\``, types.get(name) ?? "", labels.map((label) => `\`${label}\``).join(", "), help];
  });
  return markdown(["metric", "type", "labels", "says"], rows);
}

const words = (template: string) =>
  template.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, "($1)").replaceAll("{{ $value }}", "(n)");

function alertTable(): string {
  const file = readFileSync(join(import.meta.dir, "../../packaging/prometheus/relaypacs.rules.yml"), "utf8");
  const { groups } = Bun.YAML.parse(file) as { groups: readonly { rules: readonly Rule[] }[] };
  const rows = groups.flatMap(({ rules }) =>
    rules.map(({ alert, for: lasts, labels, annotations: { summary, action } }) => [
      alert,
      labels.severity,
      lasts ?? "at once",
      words(summary),
      words(action),
    ]),
  );
  return markdown(["alert", "severity", "after", "says", "do"], rows);
}

/** docs/monitoring.md: what a Prometheus reads and when it calls somebody. */
export const monitoringPage = async (): Promise<string> => `# Monitoring

Made by \`bun scripts/monitoring-docs.ts\` from the metrics and the alert rules; a test holds it against them. How to connect a Prometheus: [operations.md](operations.md#monitoring).

## Metrics

No label names a patient, a user or a UID: \`destination\` is an id of the configuration, \`code\` one of [errors.md](errors.md).

${await metricTable()}

${others}

## Alerts

\`packaging/prometheus/relaypacs.rules.yml\`; each was seen to fire in a test.

${alertTable()}
`;
