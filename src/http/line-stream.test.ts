import { expect, test } from "bun:test";
import { lineStream } from "./line-stream.ts";

test("each value is a line, told before the next one is there", async () => {
  const { promise: more, resolve } = Promise.withResolvers<void>();
  const answer = lineStream(async function* () {
    yield { n: 1 };
    await more;
    yield { n: 2 };
  });
  const reader = (answer.body as ReadableStream<Uint8Array<ArrayBuffer>>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  expect((await reader.read()).value).toBe('{"n":1}\n');
  resolve();
  expect((await reader.read()).value).toBe('{"n":2}\n');
  expect((await reader.read()).done).toBe(true);
});

test("a reader that goes stops the work", async () => {
  const { promise: stopped, resolve } = Promise.withResolvers<boolean>();
  const answer = lineStream(async function* (gone) {
    gone.addEventListener("abort", () => resolve(gone.aborted));
    yield 1;
    yield await new Promise(() => {});
  });
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect(await stopped).toBe(true);
});

test("a reader that goes before it has taken a value lets the work clean up", async () => {
  const { promise: cleaned, resolve } = Promise.withResolvers<string>();
  const told = Promise.withResolvers<void>();
  const answer = lineStream(async function* () {
    try {
      told.resolve();
      yield 1;
      yield 2;
    } finally {
      resolve("cleaned");
    }
  });
  await told.promise;
  await answer.body?.cancel();
  expect(await cleaned).toBe("cleaned");
});

test("so does a client that hangs up", async () => {
  const { promise: cleaned, resolve } = Promise.withResolvers<string>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () =>
      lineStream(async function* () {
        try {
          for (;;) yield "x".repeat(100_000); // more than the socket takes
        } finally {
          resolve("cleaned");
        }
      }),
  });
  try {
    const gone = new AbortController();
    const answer = await fetch(server.url, { signal: gone.signal });
    await answer.body?.getReader().read();
    gone.abort();
    expect(await cleaned).toBe("cleaned");
  } finally {
    await server.stop(true);
  }
});
