/** A body for every route that takes one, by method and path of the OpenAPI document. A test sends each of them to a box. */
export const bodyExamples: Readonly<Record<string, unknown>> = {
  "POST /setup": { code: "ABCD-EFGH-IJKL-MNOP", username: "admin", password: "four quiet words here" },
  "POST /auth/login": { username: "meier", password: "four quiet words here" },
  "POST /auth/password": { old_password: "four quiet words here", new_password: "five quiet words are here" },
  "POST /auth/totp/confirm": { totp: "123456" },
  "POST /auth/totp/disable": { password: "four quiet words here", totp: "123456" },
  "POST /upload/init": {
    study_metadata: { service_level: "stat", clinical_notes: "Fall from a ladder, pain in the left wrist." },
    total_files: 1,
    total_size_bytes: 530_432,
    chunk_size: 1_048_576,
    files: [{ file_id: "a", name: "CD/IM1.dcm", size_bytes: 530_432 }],
  },
  "POST /upload/{id}/complete": { line: { bytes_per_second: 240_000, stalls: 1, breaks: 0 } },
  "POST /upload/{id}/studies/{study_instance_uid}/confirm": {
    service_level: "stat",
    clinical_notes: "Compare with 2024.",
  },
  "POST /upload/{id}/studies/{study_instance_uid}/reject": { reason: "another patient's disc" },
  "POST /invitations": {
    label: "Practice Dr. Keller",
    expires_in_minutes: 30,
    expected: { patient_id: "P-1001", patient_birth_date: "19610204" },
  },
  "POST /invitations/redeem": { upload_token: "the part of the code's address behind the #" },
  "POST /admin/users": { username: "keller", role: "radiologist", password: "four quiet words here" },
  "PATCH /admin/users/{id}": { role: "radiographer" },
  "POST /admin/users/{id}/password": { password: "five quiet words are here" },
  "POST /admin/destinations": {
    id: "orthanc",
    kind: "orthanc",
    url: "http://127.0.0.1:8042",
    auth: { type: "basic", username: "relay", password: "a long secret of the archive" },
  },
  "PUT /admin/destinations/{id}": { id: "orthanc", kind: "orthanc", url: "http://127.0.0.1:8043" },
  "POST /admin/routes": { name: "stroke", when: { modality: ["CT", "MR"], service_level: "stat" }, to: ["orthanc"] },
  "PUT /admin/routes/{route_id}": { name: "stroke", when: { modality: ["CT", "MR"] }, to: ["orthanc"] },
  "PUT /admin/routes/order": { route_ids: ["the route_id of every rule that was added, in their order"] },
  "POST /admin/deliveries/{delivery_id}/redirect": { destination_id: "reserve" },
  "POST /admin/deliveries/{delivery_id}/discard": { reason: "sent by disc" },
  "POST /admin/routes/try": { modality: "CT", service_level: "stat", time: "02:30" },
};

/** Routes that take a body, or none. */
export const optionalBodies: ReadonlySet<string> = new Set(["POST /upload/{id}/complete"]);
