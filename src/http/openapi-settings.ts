import { KeptSecret } from "../contract/admin.ts";
import { destinationSchemas, RouteSchema } from "../core/config-schema.ts";

/** A secret as a request has it: itself, or what says that it stays; `{ file }` and `{ env }` are for the configuration file. */
const secret = { anyOf: [{ type: "string" }, KeptSecret] };

const isSecret = (value: unknown): boolean =>
  (value as { anyOf?: readonly { properties?: { env?: unknown } }[] } | null)?.anyOf?.some(
    ({ properties }) => properties?.env !== undefined,
  ) === true;

/** Values of headers are secrets, too. */
const headers = { type: "object", additionalProperties: secret };

const asSent = (name: string, value: unknown): unknown =>
  isSecret(value) ? secret : name === "headers" ? headers : value;

const destination = JSON.parse(JSON.stringify({ oneOf: Object.values(destinationSchemas) }), asSent) as object;

/** Bodies that are checked as the configuration file is, by method and path: the library knows their outermost form alone. */
export const settingsSchemas: Readonly<Record<string, object>> = {
  "POST /admin/destinations": destination,
  "PUT /admin/destinations/{id}": destination,
  "POST /admin/routes": RouteSchema,
  "PUT /admin/routes/{route_id}": RouteSchema,
};
