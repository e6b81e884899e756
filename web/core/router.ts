/** Routes live in the fragment, so that nothing of them ever reaches a server or its log. */
export interface Route {
  readonly page: Page;
  /** What stands behind the page's name: a study's id on this device. */
  readonly id: string;
}

export const pages = [
  "sign-in",
  "send",
  "confirm",
  "progress",
  "activity",
  "receipt",
  "more",
  "admin-audit",
  "invite",
  "join",
  "account",
  "enroll",
  "setup",
  "admin",
] as const;
export type Page = (typeof pages)[number];

const isPage = (name: string): name is Page => (pages as readonly string[]).includes(name);

/** @param hash `#/confirm/ID`; what is unknown is the first screen */
export function parseRoute(hash: string): Route {
  const [name = "", id = ""] = hash.replace(/^#\/?|\?.*$/g, "").split("/");
  return isPage(name) ? { page: name, id: /^[\w-]*$/.test(id) ? id : "" } : { page: "send", id: "" };
}

export const hrefOf = (page: Page, id = ""): string => (id === "" ? `#/${page}` : `#/${page}/${id}`);

/** Goes to a page. `replace` leaves no way back to the present one. */
export function go(page: Page, id = "", how: "push" | "replace" = "push"): void {
  const href = hrefOf(page, id);
  if (location.hash === href) return;
  if (how === "push") {
    location.hash = href;
    return;
  }
  history.replaceState(null, "", href);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
