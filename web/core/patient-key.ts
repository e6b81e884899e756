/** Tells patients of one archive apart, as the box does: by ID and birth date. @param birthDate YYYYMMDD, else it does not count */
export const patientKey = (patientID: string, birthDate: string): string =>
  JSON.stringify([patientID, /^\d{8}$/.test(birthDate) ? birthDate : ""]);
