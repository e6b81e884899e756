import type { HttpAuth } from "./http-auth.ts";

/** RFC 7617, with UTF-8. `password` is asked each time. */
export const basicAuth = (username: string, password: () => string): HttpAuth => ({
  signIn: async () => ({
    headers: { authorization: `Basic ${Buffer.from(`${username}:${password()}`, "utf8").toString("base64")}` },
  }),
});
