/** How the routes are grouped in the documentation: by the first part of their path. */
interface Tag {
  readonly name: string;
  readonly description: string;
  readonly prefixes: readonly string[];
}

export const tags: readonly Tag[] = [
  {
    name: "Sign-in",
    description:
      "Accounts, second factors and sign-ins. Every token goes into `Authorization: Bearer`, never into an address.",
    prefixes: ["auth", "setup"],
  },
  {
    name: "Upload",
    description: "Open, send in chunks, complete, watch. Every request may be sent again after a failure.",
    prefixes: ["upload", "uploads"],
  },
  { name: "Receipts", description: "The signed proof of what arrived where.", prefixes: ["receipts"] },
  {
    name: "QR sessions",
    description: "A code that lets a device without an account send one study.",
    prefixes: ["invitations"],
  },
  { name: "Reading", description: "Studies for those who read them.", prefixes: ["studies", "notifications"] },
  { name: "Administration", description: "For administrators.", prefixes: ["admin"] },
  { name: "Box", description: "For monitoring.", prefixes: ["health", "ready", "metrics"] },
];

/** @throws Error for a path of no group, so that no route stays without one */
export function tagOf(path: string): string {
  const first = path.split("/")[1] ?? "";
  const tag = tags.find(({ prefixes }) => prefixes.includes(first));
  if (tag === undefined) throw new Error(`no tag for ${path}`);
  return tag.name;
}
