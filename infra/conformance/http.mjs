// GraphQL over HTTP: every audit of npm's graphql-http.

import { auditServer } from "graphql-http";

export const AUDITS = "audits of graphql-http";
/** So many there are in 1.23; fewer would mean that some did not run. */
export const AUDITS_COUNT = 61;

export async function audit(world, table) {
  table.section(AUDITS);
  const results = await auditServer({ url: `${world.run.url}/graphql` });
  for (const result of results) {
    table.row(result.id, result.status === "ok", result.name, result.reason);
  }
}
