import { expect, test } from "bun:test";
import { createNewsroom, published } from "./news.ts";

test("every event of the log is news of its topic, but those that nobody is shown", () => {
  const newsroom = createNewsroom();
  const logged: string[] = [];
  const log = published({ event: (name) => logged.push(name) }, newsroom);
  let heard = 0;
  newsroom.listen(() => {
    throw new Error("its own fault");
  });
  const stop = newsroom.listen(() => {
    heard += 1;
  });
  for (const name of [
    "upload.opened",
    "study.confirmed",
    "delivery.parked",
    "destination.down",
    "backup.made",
  ] as const)
    log.event(name);
  log.event("http.failed");
  expect(newsroom.news()).toEqual({ uploads: 2, deliveries: 1, destinations: 1, accounts: 0, box: 1 });
  expect([heard, logged.length]).toEqual([5, 6]);
  stop();
  log.event("auth.signed_in");
  expect([heard, newsroom.news().accounts]).toEqual([5, 1]);
});
