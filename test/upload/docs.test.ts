import { afterAll, beforeAll, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { type Box, startBox } from "../support/box.ts";
import { problemOf } from "./api.ts";

let box: Box;
beforeAll(async () => {
  box = await startBox();
});
afterAll(() => box.stop());

const get = (path: string) => fetch(box.url + path, { redirect: "manual" });

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; schema?: { type?: unknown } }[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: { required?: string[] } }> };
  responses: Record<string, { description?: string; content?: Record<string, unknown> }>;
  security?: Record<string, string[]>[];
  operationId?: string;
}
interface OpenApi {
  openapi: string;
  info: { title?: string; version?: string };
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: Record<string, unknown> };
}
const document = async () => (await (await get("/docs/json")).json()) as OpenApi;
const operations = async () =>
  Object.entries((await document()).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );

test("/health and /ready answer anyone, /ready says what is wrong", async () => {
  expect(await (await get("/health")).json()).toMatchObject({ status: "ok" });
  expect(await (await get("/ready")).json()).toEqual({ status: "ready", problems: [] });
});

test("/ answers a page", async () => {
  const answer = await get("/");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toStartWith("text/html");
  expect(await answer.text()).toContain("<html");
});

test("what does not exist is a problem document, whatever the method", async () => {
  for (const path of [
    "/nothing",
    "/docs/nothing",
    "/docs/assets/../../etc/passwd",
    "/docs/assets/%2e%2e%2f%2e%2e%2fpackage.json",
  ])
    await problemOf(await get(path), 404, "not_found");
  for (const method of ["PUT", "DELETE", "PATCH"])
    await problemOf(await fetch(`${box.url}/health`, { method }), 404, "not_found");
});

test("every answer forbids sniffing, framing, referrers and foreign code", async () => {
  for (const path of ["/", "/docs", "/docs/json", "/docs/assets/swagger-ui.css", "/health", "/nothing", "/uploads"]) {
    const { headers } = await get(path);
    expect([path, headers.get("x-content-type-options")]).toEqual([path, "nosniff"]);
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("content-security-policy")).not.toContain("http");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("/docs loads all its parts from the binary", async () => {
  const page = await (await get("/docs")).text();
  const parts = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, part]) => part ?? "");
  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) {
    expect(part).toMatch(/^\/docs\//);
    const answer = await get(part);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^text\/(css|javascript)/);
    expect((await answer.text()).length).toBeGreaterThan(100); // unpacked on the way
  }
  expect(page).not.toMatch(/https?:\/\//);
  const css = await (await get("/docs/assets/swagger-ui.css")).text();
  expect(css).not.toMatch(/url\(["']?(https?:)?\/\//);
  expect(await (await get("/docs/assets/start.js")).text()).toContain('url: "/docs/json"');
});

/** The routes of CONTRACT §3 that are built. */
const routes = [
  "POST /auth/login",
  "GET /auth/me",
  "POST /auth/refresh",
  "POST /auth/logout",
  "POST /upload/init",
  "PUT /upload/{id}/chunk",
  "POST /upload/{id}/token",
  "POST /upload/{id}/complete",
  "GET /upload/{id}/status",
  "GET /upload/{id}/events",
  "POST /upload/{id}/retry",
  "POST /upload/{id}/accept",
  "DELETE /upload/{id}",
  "GET /uploads",
  "GET /receipts/{id}",
  "GET /health",
  "GET /ready",
];

test("/docs/json is an OpenAPI 3 document", async () => {
  const { openapi, info, components } = await document();
  const judged = (of: object) => new Validator().validate({ ...of });
  expect(await judged(await document())).toEqual({ valid: true });
  expect((await judged({ ...(await document()), paths: { "/a": { get: 1 } } })).valid).toBe(false);
  expect(openapi).toMatch(/^3\.[01]\.\d$/);
  expect(info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  const all = await operations();
  const ids = all.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { name, path, operation } of all) {
    const words = [operation.summary, operation.description, operation.tags?.[0]];
    expect([name, words.filter((it) => it !== undefined && it.length > 2).length]).toEqual([name, 3]);
    const parameters = operation.parameters ?? [];
    const inPath = parameters.filter((it) => it.in === "path").map((it) => it.name);
    expect([name, inPath]).toEqual([name, [...path.matchAll(/\{(\w+)\}/g)].map(([, id]) => id ?? "")]);
    expect(new Set(parameters.map((it) => `${it.in} ${it.name}`)).size).toBe(parameters.length);
    for (const it of parameters) {
      expect(it.schema?.type).toBeString();
      if (it.in === "path") expect(it.required).toBe(true);
    }
    expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(status).toMatch(/^([1-5]\d\d|default)$/);
      expect(response.description).toBeString();
    }
    for (const need of operation.security ?? [])
      expect(Object.keys(components.securitySchemes)).toContain(Object.keys(need)[0] ?? "");
    if (operation.requestBody) expect(Object.keys(operation.requestBody.content)).not.toEqual([]);
  }
});

test("every $ref in it leads somewhere inside it", async () => {
  const whole = await document();
  const refs = [...JSON.stringify(whole).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? "");
  for (const ref of refs) {
    expect(ref).toStartWith("#/");
    const target = ref
      .slice(2)
      .split("/")
      .reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], whole);
    expect(target).toBeDefined();
  }
});

test("every built route of the contract is in it, with its token, body, query and answers", async () => {
  const all = await operations();
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(routes));
  const of = (name: string) => all.find((it) => it.name === name)?.operation as Operation;
  const query = (name: string) =>
    of(name)
      .parameters?.filter((it) => it.in === "query")
      .map((it) => it.name);
  expect(query("PUT /upload/{id}/chunk")).toEqual(["file_id", "chunk_index", "name", "size_bytes"]);
  expect(query("POST /upload/{id}/complete")).toEqual(["wait"]);
  expect(of("POST /upload/{id}/complete").requestBody?.required).toBe(false);
  expect(of("POST /upload/init").requestBody?.required).toBe(true);
  expect(query("GET /uploads")).toEqual(["limit", "cursor", "state"]);
  expect(of("POST /upload/init").requestBody?.content["application/json"]?.schema?.required).toEqual([
    "total_files",
    "total_size_bytes",
  ]);
  expect(of("POST /auth/login").requestBody?.content["application/json"]?.schema?.required).toEqual([
    "username",
    "password",
  ]);
  expect(Object.keys(of("PUT /upload/{id}/chunk").requestBody?.content ?? {})).toEqual(["application/octet-stream"]);
  const security = (name: string) => of(name).security?.map((need) => Object.keys(need)[0]);
  expect(security("POST /auth/login")).toEqual([]);
  expect(security("POST /upload/init")).toEqual(["access"]);
  expect(security("PUT /upload/{id}/chunk")).toEqual(["upload"]);
  expect(security("GET /upload/{id}/status")).toEqual(["access", "upload"]);
  expect(Object.keys(of("POST /upload/init").responses)).toContain("201");
  expect(Object.keys(of("DELETE /upload/{id}").responses)).toContain("204");
  const added = of("POST /admin/destinations").requestBody?.content["application/json"]?.schema;
  for (const field of ["called_ae_title", "token_url", "batch_bytes", '"set"'])
    expect(JSON.stringify(added)).toContain(field);
  expect(JSON.stringify(added)).not.toContain('"env"');
  for (const { operation } of all)
    expect(Object.keys(operation.responses.default?.content ?? {})).toEqual(["application/problem+json"]);
});
