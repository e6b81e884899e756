import type { HttpAuth } from "./http-auth.ts";

/** No sign-in. */
export const noAuth: HttpAuth = { signIn: async () => ({ headers: {} }) };
