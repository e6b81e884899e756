import { expect, test } from "bun:test";
import { eventStream } from "./event-stream.ts";

function stream(keepAliveMs?: number) {
  let listener = () => {};
  let allowed = true;
  let state = { data: "one", last: false };
  let looks = 0;
  const response = eventStream({
    listen: (told) => {
      listener = told;
      return () => {};
    },
    look: () => {
      looks += 1;
      if (!allowed) throw new Error("no longer");
      return state;
    },
    signal: new AbortController().signal,
    ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
  });
  return {
    reader: (response.body as ReadableStream<Uint8Array>).getReader(),
    change: (data: string, last = false) => {
      state = { data, last };
      listener();
    },
    looks: () => looks,
    forbid: () => {
      allowed = false;
    },
  };
}
const text = async (reader: ReadableStreamDefaultReader<Uint8Array>) => {
  const { value, done } = await reader.read();
  return done ? null : new TextDecoder().decode(value);
};

test("one event at once, then one per change, and the last one ends the stream", async () => {
  const { reader, change } = stream();
  expect(await text(reader)).toBe("event: status\ndata: one\n\n");
  change("two", true);
  expect(await text(reader)).toBe("event: status\ndata: two\n\n");
  expect(await text(reader)).toBeNull();
});

test("many changes in a moment make one event with the newest state", async () => {
  const { reader, change, looks } = stream();
  await text(reader);
  for (let n = 0; n < 50; n++) change(`change ${n}`);
  expect(await text(reader)).toBe("event: status\ndata: change 49\n\n");
  expect(looks()).toBe(2);
  await reader.cancel();
});

test("a reader who may no longer look is shown no change, and the stream ends", async () => {
  const { reader, change, forbid } = stream();
  await text(reader);
  forbid();
  change("secret");
  expect(await text(reader)).toBeNull();
});

test("a quiet stream is kept alive, and ends without any change once its reader may no longer look", async () => {
  const { reader, forbid } = stream(5);
  expect(await text(reader)).toBe("event: status\ndata: one\n\n");
  expect(await text(reader)).toBe(":\n\n");
  forbid();
  let last = await text(reader);
  while (last === ":\n\n") last = await text(reader);
  expect(last).toBeNull();
});
