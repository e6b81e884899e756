import { defineConfig } from "drizzle-kit";

/** `npm run migration -- --name what_changed` writes the next file of migrations/ from the schema files. */
export default defineConfig({
  dialect: "sqlite",
  schema: [
    "./src/db/schema.ts",
    "./src/db/schema-accounts.ts",
    "./src/db/schema-audit.ts",
    "./src/db/schema-clock.ts",
    "./src/db/schema-destinations.ts",
    "./src/db/schema-invitations.ts",
  ],
  out: "./migrations",
});
