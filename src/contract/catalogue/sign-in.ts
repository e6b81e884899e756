import { catalogue } from "./entry.ts";

/** What signing in and setting up can be told. */
export const signInErrors = catalogue({
  invalid_credentials: {
    title: "Sign-in not right",
    cause: "User name or password is not right.",
    acts: "sender",
    action: "Check both and try again.",
    retryable: false,
  },
  password_unfit: {
    title: "Password not taken",
    cause: "The new password is too short, too long or too easily guessed.",
    acts: "sender",
    action: "Choose another one of 12 to 128 characters, such as four words that do not belong together.",
    retryable: false,
  },
  totp_already_set_up: {
    title: "Second factor set up already",
    cause: "This account has a second factor.",
    acts: "sender",
    action: "Switch it off first, or ask the administrator to reset it.",
    retryable: false,
  },
  setup_required: {
    title: "Not set up yet",
    cause: "This box has no administrator yet.",
    acts: "it",
    action: "Set it up first: relaypacs setup-code prints the code for the page /setup.",
    retryable: true,
  },
  setup_code_invalid: {
    title: "Set-up code not right",
    cause: "The set-up code is not right, was used or is older than 30 minutes.",
    acts: "it",
    action: "Get a fresh one with relaypacs setup-code on the box.",
    retryable: false,
  },
  totp_required: {
    title: "Second factor needed",
    cause: "This account signs in with a code as well.",
    acts: "sender",
    action: "Enter the code of the authenticator app.",
    retryable: false,
  },
  totp_invalid: {
    title: "Code not right",
    cause: "The code did not match.",
    acts: "sender",
    action: "Check that this phone's clock is set automatically.",
    retryable: false,
  },
  totp_enrollment_required: {
    title: "Second factor to be set up",
    cause: "This account must set up its second factor first.",
    acts: "sender",
    action: "Set up the authenticator app.",
    retryable: false,
  },
  too_many_attempts: {
    title: "Too many tries",
    cause: "Too many sign-ins failed.",
    acts: "sender",
    action: "Wait for the time given, or ask IT.",
    retryable: true,
  },
});
