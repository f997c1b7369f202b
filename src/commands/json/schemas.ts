/**
 * All documents that the program reads and writes, for the build, which publishes each as a JSON
 * Schema. The commands import types alone from this folder: start-up loads no schema.
 */
import * as v from "valibot";
import { errorDocument } from "./errors.ts";
import { runDocument } from "./lean.ts";
import { doctorDocument, setupDocument, setupPlan } from "./lean-here.ts";
import {
  addBatchDocument,
  addDocument,
  batchLine,
  keyBatchDocument,
  keyDocument,
  lsDocument,
  missNote,
  pushDocument,
  reloadDocument,
  showDocument,
} from "./states.ts";
import { clearDocument, pruneDocument, rmDocument, verifyDocument } from "./upkeep.ts";

/** A document: its schema, and what it is. */
interface Published {
  title: string;
  schema: v.GenericSchema;
}

/** The schemas by the names of their files, without `.json`. */
export const SCHEMAS: Record<string, Published> = {
  add: { title: "What add --json prints", schema: addDocument },
  "add-batch": { title: "A line that add --batch --json prints", schema: addBatchDocument },
  "batch-line": { title: "A line that add --batch and key --batch read", schema: batchLine },
  key: { title: "What key --json prints", schema: keyDocument },
  "key-batch": { title: "A line that key --batch --json prints", schema: keyBatchDocument },
  rm: { title: "What rm --json prints", schema: rmDocument },
  clear: { title: "What clear --json prints", schema: clearDocument },
  ls: { title: "What ls --json prints", schema: lsDocument },
  reload: { title: "What reload --json prints", schema: reloadDocument },
  show: { title: "What show --json prints", schema: showDocument },
  run: { title: "What run --json prints", schema: runDocument },
  verify: { title: "What verify --json prints", schema: verifyDocument },
  prune: { title: "What prune --json prints", schema: pruneDocument },
  push: { title: "What push --json prints", schema: pushDocument },
  doctor: { title: "What doctor --json prints", schema: doctorDocument },
  setup: { title: "What setup --json prints", schema: setupDocument },
  error: { title: "An error on standard error, with --json", schema: errorDocument },
  note: {
    title: "What is no error on standard error, with --json",
    schema: v.union([missNote, setupPlan]),
  },
};
