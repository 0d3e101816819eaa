// The requests about rubrics and engines: what a person can choose for an interview.

import { api, ask, type Engines, every, type NewRubric, type Rubric, type RubricTemplate } from "../api/client";

/** The person's rubrics by their names, each in its newest version. */
export function readRubrics(signal: AbortSignal): Promise<Rubric[]> {
  return every((query) => ask(api.GET("/v1/rubrics", { params: { query }, signal })));
}

export async function readTemplates(signal: AbortSignal): Promise<RubricTemplate[]> {
  return (await ask(api.GET("/v1/rubrics/templates", { signal }))).items;
}

export function readEngines(signal: AbortSignal): Promise<Engines> {
  return ask(api.GET("/v1/engines", { signal }));
}

export function readRubric(rubric_id: string, signal: AbortSignal): Promise<Rubric> {
  return ask(api.GET("/v1/rubrics/{rubric_id}", { params: { path: { rubric_id } }, signal }));
}

/** `key` makes a repeated request the same request. */
export function createRubric(body: NewRubric, key: string): Promise<Rubric> {
  return ask(api.POST("/v1/rubrics", { params: { header: { "Idempotency-Key": key } }, body }));
}

/** Stores a new version; the present one where nothing is different. */
export function changeRubric(rubric_id: string, body: NewRubric): Promise<Rubric> {
  return ask(api.PATCH("/v1/rubrics/{rubric_id}", { params: { path: { rubric_id } }, body }));
}

export async function deleteRubric(rubric_id: string): Promise<void> {
  await ask(api.DELETE("/v1/rubrics/{rubric_id}", { params: { path: { rubric_id } } }));
}
