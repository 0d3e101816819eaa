import { expect, test } from "vitest";
import { ApiError } from "../../api/errors";
import { Scope } from "../../lib/scope";
import { AssessmentStore, bodyOf, ownOf } from "./AssessmentStore";
import { FakeService } from "./fake";

const settle = () => new Promise((done) => setTimeout(done));
const stored = {
  version: 1,
  competencies: [{ name: "ownership", rating: 4, comment: null }],
  decision: "Second round",
  author: null,
  user: "u",
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};

test("what is empty is left out", () => {
  const own = { ratings: { ownership: { rating: null, comment: " " }, learning: { rating: 2, comment: " slow " } }, decision: " ", author: "Ada" };
  expect(bodyOf(own)).toEqual({ competencies: [{ name: "learning", rating: 2, comment: "slow" }], decision: null, author: "Ada" });
  expect(bodyOf(ownOf(stored))).toEqual({ competencies: stored.competencies, decision: "Second round", author: null });
});

test("what is written stays until it is saved", async () => {
  const scope = new Scope();
  const fake = new FakeService();
  const store = new AssessmentStore(scope, fake.service, () => {});
  void store.stored.refresh();
  fake.last("assessment").answer({ assessment: stored });
  await settle();
  expect(store.own.value.ratings["ownership"]?.rating).toBe(4);
  store.rate("ownership", { rating: 5 });
  // It is read again meanwhile.
  store.stored.set({ assessment: stored });
  expect(store.own.value.ratings["ownership"]?.rating).toBe(5);
  const failing = store.save();
  await settle();
  fake.last("assess").refuse(new ApiError({ status: 503, title: "Not now" }));
  await failing;
  expect([store.failure.value, store.isChanged.value]).toEqual(["Not now", true]);
  const saving = store.save();
  await settle();
  store.write({ author: "Grace" });
  fake.last("assess").answer({ ...stored, version: 2 });
  await saving;
  // What was written while it was saved is not.
  expect([store.own.value.author, store.isChanged.value]).toEqual(["Grace", true]);
  scope.dispose();
});
