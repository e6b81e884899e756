import { toOpenAPISchema } from "@elysiajs/openapi";
import type { AnyElysia } from "elysia";
import { version } from "../core/version.ts";
import { type Access, accessOf } from "./access.ts";
import { bodyExamples, optionalBodies } from "./openapi-examples.ts";
import { settingsSchemas } from "./openapi-settings.ts";
import { tagOf, tags } from "./openapi-tags.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Record<string, unknown> & { readonly anyOf?: readonly Record<string, unknown>[] };
}
interface Operation {
  tags?: readonly string[];
  requestBody?: { readonly content: Readonly<Record<string, object>> };
  parameters?: readonly Parameter[];
  responses?: Record<string, unknown>;
  security?: readonly Record<string, readonly string[]>[];
  description?: string;
}

/** Which token a route takes, in words and as OpenAPI's security requirement. */
const tokens: Record<Access["token"], { readonly words: string; readonly security: readonly ("access" | "upload")[] }> =
  {
    none: { words: "Takes no token.", security: [] },
    access: { words: "Takes an access token.", security: ["access"] },
    upload: { words: "Takes the upload's own token.", security: ["upload"] },
    either: { words: "Takes an access token or the upload's own.", security: ["access", "upload"] },
  };
const guestWords = "A QR session's guest may use it for its one upload, by the token of POST /invitations/redeem.";
const scheme = (description: string) => ({ type: "http", scheme: "bearer", bearerFormat: "JWT", description });

const description =
  "Gets imaging studies into the PACS, completely and provably. Names are snake_case, times RFC 3339 in UTC, sizes bytes; " +
  "bodies are closed. An error is a problem document (RFC 9457): [what the codes mean](/docs/errors).";

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
        tags: [tagOf(path)],
        description: [operation.description, words, guest && guestWords].filter(Boolean).join(" "),
        ...withExample(operation.requestBody, `${route.method} ${path}`),
        parameters: withoutRepeats([...(operation.parameters ?? []), ...said]).map(asSent),
        security: security.map((name) => ({ [name]: [] })),
        responses: { ...(operation.responses ?? plainAnswer(method)), default: problemAnswer },
      },
    };
  }
  const whole = {
    openapi: "3.1.2",
    info: { title: "RelayPACS", version, description, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    tags: tags
      .filter(({ name }) => Object.values(kept).some((it) => Object.values(it).some((one) => one.tags?.[0] === name)))
      .map(({ name, description }) => ({ name, description })),
    paths: kept,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: { access: scheme("of POST /auth/login"), upload: scheme("of POST /upload/init") },
    },
  };
  return JSON.parse(JSON.stringify(whole), asPrefixItems) as typeof whole;
}

/** TypeBox writes a tuple as JSON Schema did before 2020-12, which OpenAPI 3.1 uses. */
function asPrefixItems(_name: string, value: unknown): unknown {
  const { items, additionalItems, ...rest } = (value ?? {}) as { items?: unknown; additionalItems?: unknown };
  return Array.isArray(items) && "type" in rest
    ? { ...rest, prefixItems: items, items: additionalItems ?? false }
    : value;
}

/** What a route without a form of its own answers: a deed is done, a page or figures are shown. */
const plainAnswer = (method: string) => ({ [method === "get" ? "200" : "204"]: { description: "Done" } });

function withExample(body: Operation["requestBody"], name: string) {
  const example = bodyExamples[name];
  const schema = settingsSchemas[name];
  const json = body?.content["application/json"];
  if (json === undefined || example === undefined) return {};
  return {
    requestBody: {
      ...body,
      required: !optionalBodies.has(name),
      content: { "application/json": { ...json, ...(schema && { schema }), example } },
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
