import { expect, test } from "bun:test";
import { createApi } from "./http.ts";

test("a call that gets no answer ends as a broken network does, and can be made again", async () => {
  let asked = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      asked += 1;
      return asked === 1 ? new Promise<Response>(() => undefined) : Response.json({ asked });
    },
  });
  try {
    const call = (patienceMs: number) =>
      createApi(`http://127.0.0.1:${server.port}`, patienceMs).call<{ asked: number }>("POST", "/", { token: null });
    await expect(call(50)).rejects.toMatchObject({ code: "network" });
    expect(await call(20_000)).toEqual({ asked: 2 });
  } finally {
    await server.stop(true);
  }
});

test("a renewal that is answered after its person has left signs nobody in again", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      asked.resolve();
      return answer.promise;
    },
  });
  try {
    const user = { id: "1", username: "meier", role: "radiographer" };
    const api = createApi(`http://127.0.0.1:${server.port}`);
    api.assume(user);
    const renewed = api.refresh();
    await asked.promise;
    api.adopt(null);
    answer.resolve(Response.json({ access_token: "t", expires_in: 900, user }));
    await renewed;
    expect([api.user, api.ready]).toEqual([null, false]);
  } finally {
    await server.stop(true);
  }
});
