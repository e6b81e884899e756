import { toOpenAPISchema } from "@elysiajs/openapi";
import type { AnyElysia } from "elysia";
import { version } from "../core/version.ts";
import { type Access, accessOf } from "./access.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Record<string, unknown> & { readonly anyOf?: readonly Record<string, unknown>[] };
}
interface Operation {
  parameters?: readonly Parameter[];
  responses?: Record<string, unknown>;
  security?: readonly Record<string, readonly string[]>[];
  description?: string;
}

/** Which token a route takes, in words and as OpenAPI's security requirement. */
const tokens: Record<
  Access["token"],
  { readonly words?: string; readonly security: readonly ("access" | "upload")[] }
> = {
  none: { security: [] },
  access: { words: "Takes an access token.", security: ["access"] },
  upload: { words: "Takes the upload's own token.", security: ["upload"] },
  either: { words: "Takes an access token or the upload's own.", security: ["access", "upload"] },
};
const guestWords = "A QR session's guest may use it for its one upload, by the token of POST /invitations/redeem.";
const scheme = (description: string) => ({ type: "http", scheme: "bearer", bearerFormat: "JWT", description });

const problemSchema = {
  type: "object",
  description: "RFC 9457. What the codes mean stands at /docs/errors.",
  required: ["type", "title", "status", "detail", "code", "request_id"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string" },
    request_id: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["path", "message"],
        properties: { path: { type: "string" }, message: { type: "string" } },
      },
    },
  },
};
const problemAnswer = {
  description: "A problem document",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** The OpenAPI document of all routes: what the library makes of their schemas, and what it cannot know. */
export function openApiDocument(app: AnyElysia) {
  const { paths } = toOpenAPISchema(app, { methods: ["options"], staticFile: true }) as unknown as {
    paths: Record<string, Record<string, Operation>>;
  };
  const kept: Record<string, Record<string, Operation>> = {};
  for (const route of app.routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    const method = route.method.toLowerCase();
    const operation = paths[path]?.[method];
    if (!operation || path.startsWith("/docs")) continue;
    const said = (route.hooks as { detail?: { parameters?: readonly Parameter[] } }).detail?.parameters ?? [];
    const { token, guest } = accessOf(route.method, route.path) ?? { token: "none" };
    const { words, security } = tokens[token];
    kept[path] = {
      ...kept[path],
      [method]: {
        ...operation,
        ...(words === undefined ? {} : { description: guest ? `${words} ${guestWords}` : words }),
        parameters: withoutRepeats([...(operation.parameters ?? []), ...said]).map(asSent),
        security: security.map((name) => ({ [name]: [] })),
        responses: { ...(operation.responses ?? { "200": { description: "Done" } }), default: problemAnswer },
      },
    };
  }
  return {
    openapi: "3.1.2",
    info: { title: "RelayPACS", version, description: "Gets imaging studies into the PACS, completely and provably." },
    paths: kept,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { access: scheme("of POST /auth/login"), upload: scheme("of POST /upload/init") },
    },
  };
}

const withoutRepeats = (parameters: readonly Parameter[]): Parameter[] => [
  ...new Map(parameters.map((it) => [`${it.in} ${it.name}`, it])).values(),
];

/** The library shows its coercion (string or number) and calls what has a default required. */
function asSent(parameter: Parameter): Parameter {
  const schema = parameter.schema.anyOf?.find(({ type }) => type === "integer") ?? parameter.schema;
  return {
    ...parameter,
    schema,
    required: parameter.in === "path" || (!("default" in schema) && parameter.required === true),
  };
}
