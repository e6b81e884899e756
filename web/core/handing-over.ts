import type { App } from "./app.ts";

/** Without a connection nobody waits longer for the box to be told, milliseconds. */
const patienceMs = 4000;

/** For the next person at this device: what was not begun yet is opened at the box first, so that it needs nobody's sign-in any more. */
export async function handOver({ queue, session }: App): Promise<void> {
  await Promise.race([queue.handOver(), new Promise((resolve) => setTimeout(resolve, patienceMs))]);
  await session.signOut();
}
