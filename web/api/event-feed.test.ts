import { expect, test } from "bun:test";
import { readEvents } from "./event-feed.ts";

const stream = (pieces: readonly string[], end = true) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        if (end) controller.close();
      },
    }),
  );

test("events are told whole, wherever the network cut them; comments are not", async () => {
  const heard: string[] = [];
  await readEvents(
    stream(['event: changed\ndata: {"a"', ":1}\n", "\n:\n\nevent: changed\ndata: two\n\nevent: cha"]),
    (data) => heard.push(data),
  );
  expect(heard).toEqual(['{"a":1}', "two"]);
});

test("a stream that stays quiet is given up", async () => {
  const heard: string[] = [];
  await readEvents(stream(["data: one\n\n"], false), (data) => heard.push(data), 20);
  expect(heard).toEqual(["one"]);
});
