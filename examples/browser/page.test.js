// The built page in Chromium: no request leaves the machine, and it goes on without a network.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Site, choose, models, reload, replay } from "./chromium.js";

const ARTIFACTS = process.env.SKIFF_ARTIFACTS ?? "../../artifacts";
const FLOWER = { feature1: 5.1, feature2: 3.5, feature3: 1.4, feature4: 0.2 };

const aside = mkdtempSync(join(tmpdir(), "skiff-page-"));
let site, planted, page, mismatched;

before(async () => {
  const folders = readdirSync(ARTIFACTS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${ARTIFACTS}/${entry.name}/1`);
  site = await Site.open(folders);
  cpSync(`${ARTIFACTS}/iris/1`, `${aside}/iris/7`, { recursive: true });
  const vectors = JSON.parse(readFileSync(`${aside}/iris/7/vectors.json`, "utf8"));
  vectors.outputs.label[0] = (vectors.outputs.label[0] + 1) % 3;
  writeFileSync(`${aside}/iris/7/vectors.json`, JSON.stringify(vectors));
  planted = await Site.open([`${aside}/iris/7`]);
  page = await site.page();
  mismatched = await planted.page();
});

after(async () => {
  await site?.close();
  await planted?.close();
  rmSync(aside, { recursive: true });
});

test("every model answers and agrees with scikit-learn, without a network", async () => {
  const paths = await models(page);
  assert.ok(paths.length >= 2, "expected artifacts of iris and penguins");
  for (const path of paths) {
    await page.context().setOffline(false);
    assert.ok(await choose(page, path), path);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Predict" }).click();
    await page.locator(".prediction, .value").first().waitFor();
    assert.equal(await page.locator(".problem").count(), 0, path);
    assert.match(await replay(page), /: agrees with scikit-learn\.$/, path);
  }
  await page.context().setOffline(false);
  assert.deepEqual(page.errors, []);
  assert.deepEqual(page.requests.filter((url) => !url.startsWith(`${site.origin}/`)), []);
});

test("the answer is shown by the names of the classes, as bars", async () => {
  for (const [name, value] of Object.entries(FLOWER)) {
    await mismatched.locator(`[name=${name}]`).fill(String(value));
  }
  await mismatched.getByRole("button", { name: "Predict" }).click();
  await mismatched.locator(".prediction").waitFor();
  assert.equal(await mismatched.locator(".prediction").textContent(), "setosa");
  const bars = await mismatched.getByRole("meter").evaluateAll((all) =>
    all.map(({ ariaLabel, ariaValueNow, clientWidth, firstChild }) => ({
      name: ariaLabel,
      value: Number(ariaValueNow),
      drawn: firstChild.clientWidth / clientWidth,
    })),
  );
  assert.deepEqual(bars.map(({ name }) => name), ["setosa", "versicolor", "virginica"]);
  assert.ok(Math.abs(bars.reduce((sum, { value }) => sum + value, 0) - 1) < 1e-12);
  assert.ok(bars.every(({ value, drawn }) => Math.abs(drawn - value) < 0.01), JSON.stringify(bars));
});

test("an empty field is a missing value, unless the model has never seen it missing", async () => {
  await choose(page, "models/penguins/1");
  for (const name of ["sex", "bill_length_mm", "body_mass_g"]) {
    await page.locator(`[name=${name}]`).fill("");
  }
  await page.getByRole("button", { name: "Predict" }).click();
  await page.locator(".prediction").waitFor();
  assert.equal(await page.locator("[name=year]").evaluate((year) => year.required), true);
  assert.equal(await page.locator("[name=sex]").evaluate((sex) => sex.required), false);
});

test("a planted mismatch is shown", async () => {
  const verdict = await replay(mismatched);
  assert.match(verdict, /^\d+ rows, 1 label mismatches, .*: DISAGREES with scikit-learn\.$/);
});

test("the page opens again, with every model, where its server is gone", async () => {
  await page.evaluate(() => navigator.serviceWorker.ready);
  site.gone = true;
  try {
    await reload(page);
    assert.ok(await choose(page, "models/penguins/1"));
    assert.match(await replay(page), /: agrees with scikit-learn\.$/);
  } finally {
    site.gone = false;
  }
});

test("a model that cannot be opened is named", async () => {
  site.gone = true;
  try {
    assert.equal(await choose(page, "models/nowhere/1"), false);
    assert.match(await page.locator(".problem").textContent(), /./);
  } finally {
    site.gone = false;
  }
});
