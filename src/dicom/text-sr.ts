import {
  commonModules,
  displayName,
  type NotesContext,
  notesTitle,
  plainNotes,
  seriesNumbers,
} from "./note-context.ts";
import type { NewDataSet } from "./write-elements.ts";
import { writePart10 } from "./write-part10.ts";
import { UnwritableValue } from "./write-values.ts";

/** Basic Text SR Storage (PS3.4 B.5). */
export const basicTextSR = "1.2.840.10008.5.1.4.1.1.88.11";
const explicitLE = "1.2.840.10008.1.2.1";

/**
 * The clinical notes of a study as a Basic Text SR (PS3.3 A.35.1): who wrote them (PS3.16 TID 1002, 1003), how urgent it
 * is, and the text, whole and in one item: a UT holds far more than the 64 kB of notes (PS3.5 6.2).
 * @throws UnwritableValue where the notes are blank ({@link plainNotes}) or a UID is none
 */
export function notesAsTextSr(context: NotesContext): Uint8Array {
  const notes = plainNotes(context.notes);
  // PS3.3 C.17.3: Text Value is type 1.
  if (notes === "") throw new UnwritableValue("TextValue", "it is empty");
  return writePart10({
    sopClassUID: basicTextSR,
    sopInstanceUID: context.sopInstanceUID,
    transferSyntaxUID: explicitLE,
    dataSet: {
      ...commonModules(context),
      // SR Document Series (PS3.3 C.17.1)
      Modality: "SR",
      SeriesNumber: seriesNumbers.notes,
      SeriesDescription: "Clinical notes",
      ReferencedPerformedProcedureStepSequence: [],
      // SR Document General (PS3.3 C.17.2): complete, and nobody has attested it.
      CompletionFlag: "COMPLETE",
      VerificationFlag: "UNVERIFIED",
      PerformedProcedureCodeSequence: [],
      // SR Document Content (PS3.3 C.17.3)
      ValueType: "CONTAINER",
      ConceptNameCodeSequence: [notesTitle],
      ContinuityOfContent: "SEPARATE",
      ContentSequence: [...observer(context.author), priority(context.serviceLevel), comment(notes)],
    },
  });
}

type Code = Required<Pick<NewDataSet, "CodeValue" | "CodingSchemeDesignator" | "CodeMeaning">>;
const dcm = (CodeValue: string, CodeMeaning: string): Code => ({
  CodeValue,
  CodingSchemeDesignator: "DCM",
  CodeMeaning,
});

/** PS3.16 TID 1002 and 1003. Person Name is type 1: where it is not known, no observer is named. */
function observer(author: string): NewDataSet[] {
  const name = displayName(author);
  if (name === "") return [];
  const type = {
    RelationshipType: "HAS OBS CONTEXT",
    ValueType: "CODE",
    ConceptNameCodeSequence: [dcm("121005", "Observer Type")],
    ConceptCodeSequence: [dcm("121006", "Person")],
  };
  const person = {
    RelationshipType: "HAS OBS CONTEXT",
    ValueType: "PNAME",
    ConceptNameCodeSequence: [dcm("121008", "Person Observer Name")],
    PersonName: name,
  };
  return [type, person];
}

/** No attribute of this object has the priority of a request; SNOMED CT has the concept. */
const priority = (serviceLevel: NotesContext["serviceLevel"]): NewDataSet => ({
  RelationshipType: "CONTAINS",
  ValueType: "TEXT",
  ConceptNameCodeSequence: [{ CodeValue: "260870009", CodingSchemeDesignator: "SCT", CodeMeaning: "Priority" }],
  TextValue: serviceLevel === "stat" ? "STAT" : "Routine",
});

const comment = (notes: string): NewDataSet => ({
  RelationshipType: "CONTAINS",
  ValueType: "TEXT",
  ConceptNameCodeSequence: [dcm("121106", "Comment")],
  TextValue: notes,
});
