/** The page on which an administrator reads who did what, in English. */
export const auditEn = {
  audit_title: "Audit",
  audit_text: "Who did what, when and from where. Nothing in it can be changed without being noticed.",
  audit_complete: "Complete: every row is there, as it was written.",
  audit_broken:
    "Not complete: row {row} is missing or was changed. Keep the data folder as it is and tell data protection.",
  audit_from: "From",
  audit_to: "To",
  audit_who: "Who (user name)",
  audit_event: "Event",
  audit_upload: "Upload number",
  audit_show: "Show",
  audit_older: "Show older rows",
  audit_export: "Export",
  audit_failed: "failed",
  audit_address: "Address",
  audit_study: "Study (pseudonym)",
  audit_reason: "Reason",
  audit_any: "All events",
  audit_none: "No row fits.",
} as const;
