import type { HttpAuth } from "./http-auth.ts";

/** RFC 6750. `token` is asked each time: a token file that another process renews is read afresh. */
export const bearerAuth = (token: () => string): HttpAuth => ({
  signIn: async () => ({ headers: { authorization: `Bearer ${token().trim()}` } }),
});
