import { defineConfig } from "drizzle-kit";

/** `npm run migration -- --name what_changed` writes the next file of migrations/ from the two schema files. */
export default defineConfig({
  dialect: "sqlite",
  schema: ["./src/db/schema.ts", "./src/db/schema-accounts.ts"],
  out: "./migrations",
});
