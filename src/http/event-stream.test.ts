import { expect, test } from "bun:test";
import { eventStream } from "./event-stream.ts";

function stream() {
  let listener = () => {};
  let state = { data: "one", last: false };
  let looks = 0;
  const response = eventStream({
    listen: (told) => {
      listener = told;
      return () => {};
    },
    look: () => {
      looks += 1;
      return state;
    },
    signal: new AbortController().signal,
  });
  return {
    reader: (response.body as ReadableStream<Uint8Array>).getReader(),
    change: (data: string, last = false) => {
      state = { data, last };
      listener();
    },
    looks: () => looks,
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
