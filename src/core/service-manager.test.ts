import { expect, test } from "bun:test";
import { keepAlive, serviceManager } from "./service-manager.ts";

test("a sign of life is given only while the box lives, and a hanging disk is asked once", async () => {
  const said: string[] = [];
  const { promise: hangs, resolve: answer } = Promise.withResolvers<boolean>();
  const { promise: done, resolve: end } = Promise.withResolvers<void>();
  const answers = [() => Promise.resolve(false), () => hangs, () => Promise.resolve(true)];
  let asked = 0;
  let ticks = 0;
  const clock = setInterval(() => {
    ticks += 1;
    if (ticks === 20) answer(false);
  }, 1);
  keepAlive({ notify: (message) => said.push(`${message} after ${asked}`) && end(), watchdogMs: 1 }, () => {
    asked += 1;
    return (answers[asked - 1] ?? (() => Promise.resolve(false)))();
  });
  await done;
  clearInterval(clock);
  expect(said).toEqual(["WATCHDOG=1 after 3"]);
});

test("without a service manager, or with a socket that cannot be one, nothing is told", async () => {
  expect(await serviceManager({})).toBeUndefined();
  expect(await serviceManager({ NOTIFY_SOCKET: "vsock:2:1" })).toBeUndefined();
  expect(await serviceManager({ NOTIFY_SOCKET: `/${"x".repeat(120)}` })).toBeUndefined();
});

test("another process's watchdog is not ours", async () => {
  const env = { NOTIFY_SOCKET: "@relaypacs-nobody", WATCHDOG_USEC: "2000000" };
  expect((await serviceManager(env))?.watchdogMs).toBe(1000);
  expect((await serviceManager({ ...env, WATCHDOG_PID: "7" }, 7))?.watchdogMs).toBe(1000);
  expect((await serviceManager({ ...env, WATCHDOG_PID: "7" }, 8))?.watchdogMs).toBeUndefined();
});
