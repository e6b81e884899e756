import { ApiError } from "../api/problem.ts";
import type { Account } from "../core/app.ts";

const qr =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path fill="#fff" d="M0 0h2v2H0z"/><path d="M0 0h1v1H0z"/></svg>';
const at = "2026-11-21T14:02:00.000Z";

/** An account of which the code is 123456. */
export function stubAccount(): Account {
  let enabled = false;
  return {
    hasSecondFactor: () => Promise.resolve(enabled),
    changePassword: () => Promise.resolve(),
    enroll: () => Promise.resolve({ secret: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", qr_svg: qr }),
    confirm: (code) => {
      if (code !== "123456") return Promise.reject(new ApiError("totp_invalid", "", 401));
      enabled = true;
      return Promise.resolve(Array.from({ length: 10 }, (_, n) => `ABCD-EFGH-IJKL-MNO${String.fromCharCode(65 + n)}`));
    },
    enrolled: () => Promise.resolve(),
    disable: () => Promise.resolve(),
    sessions: () =>
      Promise.resolve(
        ["here", "there"].map((id) => ({ session_id: id, created_at: at, last_used_at: at, current: id === "here" })),
      ),
    endSession: () => Promise.resolve(),
    setUp: () => Promise.reject(new ApiError("setup_code_invalid", "", 403)),
  };
}
