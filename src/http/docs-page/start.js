// React hands markup over as strings. Scripts stay out: this policy makes no script and no script's address, and script-src 'self' no inline one.
globalThis.trustedTypes?.createPolicy("default", { createHTML: (markup) => markup });

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  url: "/docs/json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: false,
  syntaxHighlight: { theme: "obsidian" },
  validatorUrl: null,
});
