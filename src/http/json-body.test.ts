import { expect, test } from "bun:test";
import { type BodyBounds, JsonShape, jsonBody } from "./json-body.ts";

test.each([
  ["1", 0, 1],
  ["{}", 1, 2],
  ['{"a":[{"b":1}],"c":{}}', 3, 6],
  ['["[[[,,,", "\\"[[,", "\\\\,"]', 1, 4],
  ["[".repeat(1_000_000), 1_000_000, 1_000_001],
  ["]]]]", 0, 1],
])("depth and values of %.30s", (json, depth, values) => {
  const bytes = Buffer.from(json);
  for (const step of [bytes.length, 1]) {
    const shape = new JsonShape(); // whatever pieces it comes in
    for (let at = 0; at < bytes.length; at += step) shape.add(bytes.subarray(at, at + step));
    expect(shape).toMatchObject({ depth, values });
  }
});

/** What a route with these bounds says to a body. */
function read(
  body: string | ReadableStream<Uint8Array>,
  bounds?: BodyBounds,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const context = {
    guard: { authorize: () => undefined },
    config: () => ({ limits: { request_idle_seconds: 60 } }),
  } as unknown as Parameters<typeof jsonBody>[0];
  const request = new Request("http://box/", { method: "POST", body, headers });
  return jsonBody(context, "/", bounds && (() => bounds))({ request, server: null });
}
const told = (answer: Promise<unknown>) => answer.catch((error: { code: string }) => error.code);

test("a body past its route's bytes or values is refused before it is parsed", async () => {
  const bounds = { maxBytes: 40, maxValues: 4 };
  expect(await read('{"a":[1,2]}', bounds)).toEqual({ a: [1, 2] });
  expect(await told(read(`{"a":"${"x".repeat(40)}"}`, bounds))).toBe("request_too_large");
  expect(await told(read('{"a":[1,2,3', bounds))).toBe("request_too_large"); // broken as well: it was not parsed
});

test("an announced length past the bound is enough", async () => {
  const bounds = { maxBytes: 40, maxValues: 4 };
  expect(await told(read("{}", bounds, { "content-length": "41" }))).toBe("request_too_large");
});

test("where a route says nothing, notes of 64 kB fit with every character escaped, and a long list does not", async () => {
  const notes = { clinical_notes: "\\u0001".repeat(65_536) };
  expect(await read(`{"clinical_notes":"${notes.clinical_notes}"}`)).toEqual({
    clinical_notes: "\u0001".repeat(65_536),
  });
  expect(await told(read(JSON.stringify(Array.from({ length: 2000 }, () => 0))))).toBe("request_too_large");
});

test("T26: a string longer than any that is taken is refused, at any length of the body", async () => {
  const bounds = { maxBytes: 10_000_000, maxValues: 10 };
  expect(await read(`{"a":"${"x".repeat(390_000)}"}`, bounds)).toMatchObject({ a: expect.any(String) });
  expect(await told(read(`{"a":"${"x".repeat(400_000)}"}`, bounds))).toBe("request_too_large");
});

test("what is past a bound is refused with the piece that shows it: the rest is not waited for", async () => {
  const endless = (piece: string) => {
    let left = 1;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- > 0 ? controller.enqueue(Buffer.from(piece)) : new Promise(() => {})),
    });
  };
  const bounds = { maxBytes: 10_000_000, maxValues: 10 };
  expect(await told(read(endless("[0,0,0,0,0,0,0,0,0,0,0,0,"), bounds))).toBe("request_too_large");
  expect(await told(read(endless("[".repeat(40)), { ...bounds, maxValues: 100 }))).toBe("invalid_request");
});
