import type { OwnAccount, SessionList, TotpConfirmed, TotpEnrollment } from "../../src/contract/auth.ts";
import type { Account } from "../core/app.ts";
import { adoptSession } from "./auth.ts";
import type { Api, SignedIn } from "./http.ts";

/** A person's own account at the box. Everything throws ApiError. */
export const createAccount = (api: Api): Account => ({
  hasSecondFactor: async () => (await api.call<typeof OwnAccount.static>("GET", "/auth/me")).totp_enabled,
  changePassword: (old_password, new_password) =>
    api.call("POST", "/auth/password", { body: { old_password, new_password } }),
  enroll: () => api.call<typeof TotpEnrollment.static>("POST", "/auth/totp/enroll"),
  confirm: async (totp) =>
    (await api.call<typeof TotpConfirmed.static>("POST", "/auth/totp/confirm", { body: { totp } })).recovery_codes,
  enrolled: () => api.refresh(),
  disable: (password, totp) => api.call("POST", "/auth/totp/disable", { body: { password, totp } }),
  sessions: async () => (await api.call<typeof SessionList.static>("GET", "/auth/sessions")).sessions,
  endSession: (id) => api.call("DELETE", `/auth/sessions/${encodeURIComponent(id)}`),
  setUp: async (code, username, password) =>
    adoptSession(api, await api.call<SignedIn>("POST", "/setup", { body: { code, username, password }, token: null })),
});
