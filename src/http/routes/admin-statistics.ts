import { Elysia } from "elysia";
import { Statistics } from "../../contract/statistics.ts";
import { RelayError } from "../../core/errors.ts";
import { type Unit, units } from "../../statistics/statistics.ts";
import type { HttpContext } from "../context.ts";

const dayMs = 86_400_000;
const dateTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/;

/** What went through the box; without `from` of the last 30 days. */
export const adminStatisticsRoutes = ({ statistics }: HttpContext) =>
  new Elysia({ prefix: "/admin/statistics" }).get(
    "",
    async ({ query }) => {
      const to = timeOf(query.to, "to") ?? Date.now();
      const from = timeOf(query.from, "from") ?? to - 30 * dayMs;
      if (from > to) throw invalid("from", "is after `to`");
      return await statistics.between(from, to, query.by === undefined ? "day" : oneOf(query.by));
    },
    {
      response: { 200: Statistics },
      detail: {
        summary: "Volume, success, modalities, time to archive, retries and network",
        parameters: [
          ...["from", "to"].map((name) => ({
            name,
            in: "query" as const,
            description: "RFC 3339, or YYYY-MM-DD",
            schema: { type: "string" as const },
          })),
          {
            name: "by",
            in: "query" as const,
            description: "How the time is divided; at most 1100 steps are told",
            schema: { type: "string" as const, enum: [...units], default: "day" },
          },
        ],
      },
    },
  );

function oneOf(text: string): Unit {
  const unit = units.find((one) => one === text);
  if (unit === undefined) throw invalid("by", `one of ${units.join(", ")}`);
  return unit;
}

function timeOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return;
  const at = dateTime.test(text) ? new Date(text.length === 10 ? `${text}T00:00:00` : text).getTime() : Number.NaN;
  if (Number.isNaN(at)) throw invalid(name, "is no RFC 3339 time");
  return at;
}

const invalid = (name: string, message: string) =>
  new RelayError("invalid_request", undefined, { errors: [{ path: `query.${name}`, message }] });
