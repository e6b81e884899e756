import { expect, test } from "bun:test";
import type { News } from "../../src/contract/news.ts";
import { changes, createFeed } from "./feed.ts";

const quiet: News = { uploads: 1, deliveries: 1, destinations: 1, accounts: 1, box: 1 };

/** A box that can be heard, a page that can be hidden. */
function scene() {
  const heard: string[][] = [];
  const streams: { say: (news: News) => void; end: () => void; signal: AbortSignal }[] = [];
  let turned = () => {};
  const page = {
    visibilityState: "visible" as DocumentVisibilityState,
    addEventListener: (_: string, listener: () => void) => {
      turned = listener;
    },
    removeEventListener: () => {
      turned = () => {};
    },
  };
  const feed = createFeed(
    (say, signal) =>
      new Promise((resolve) => {
        const end = () => resolve("");
        streams.push({ say, end, signal });
        signal.addEventListener("abort", end);
      }),
    page as unknown as Document,
    1,
  );
  const look = (state: DocumentVisibilityState) => {
    page.visibilityState = state;
    turned();
  };
  const stop = feed.listen((changed) => heard.push([...changed]));
  return { feed, streams, heard, look, stop, stream: (n: number) => streams[n] as (typeof streams)[number] };
}

test("only what is not as before has changed; at first everything may have", () => {
  expect(changes(null, quiet).size).toBe(5);
  expect([...changes(quiet, { ...quiet, deliveries: 2, box: 3 })]).toEqual(["deliveries", "box"]);
});

test("listeners are told what changed, also what changed while the stream was away", async () => {
  const { feed, streams, stream, heard } = scene();
  expect(feed.live).toBe(false);
  stream(0).say(quiet);
  stream(0).say(quiet);
  stream(0).say({ ...quiet, deliveries: 2 });
  expect([feed.live, heard.length, heard[1]]).toEqual([true, 2, ["deliveries"]]);
  stream(0).end();
  while (streams.length < 2) await Bun.sleep(1);
  expect(feed.live).toBe(false);
  stream(1).say({ ...quiet, deliveries: 2, accounts: 4 });
  expect([feed.live, heard[2]]).toEqual([true, ["accounts"]]);
});

test("a hidden page and one that nobody listens on holds no connection", () => {
  const { streams, stream, look, stop, heard } = scene();
  stream(0).say(quiet);
  look("hidden");
  expect(stream(0).signal.aborted).toBe(true);
  stream(0).say({ ...quiet, box: 9 });
  look("visible");
  expect([streams.length, heard.length]).toEqual([2, 1]);
  stream(1).say({ ...quiet, uploads: 2 });
  expect(heard[1]).toEqual(["uploads"]);
  stop();
  expect(stream(1).signal.aborted).toBe(true);
});
