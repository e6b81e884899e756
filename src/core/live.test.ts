import { expect, test } from "bun:test";
import { createLive } from "./live.ts";

test("a listener that throws harms neither the caller nor the other listeners", () => {
  const live = createLive();
  const heard: string[] = [];
  live.listen("u", () => {
    throw new Error("its own fault");
  });
  live.listen("u", () => heard.push("second"));
  live.listen("other", () => heard.push("other upload"));
  live.changed("u");
  expect(heard).toEqual(["second"]);
});

test("who stopped listening hears no more", () => {
  const live = createLive();
  const heard: string[] = [];
  const stop = live.listen("u", () => heard.push("one"));
  live.changed("u");
  stop();
  live.changed("u");
  expect(heard).toEqual(["one"]);
});
