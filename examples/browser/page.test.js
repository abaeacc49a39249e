// The built page in Chromium: no request leaves the machine, and it goes on without a network.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Site, choose, models, replay } from "./chromium.js";

const ARTIFACTS = process.env.SKIFF_ARTIFACTS ?? "../../artifacts";
const FLOWER = { feature1: 5.1, feature2: 3.5, feature3: 1.4, feature4: 0.2 };

const aside = mkdtempSync(join(tmpdir(), "skiff-page-"));
let site, planted;

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
});

after(async () => {
  await site?.close();
  await planted?.close();
  rmSync(aside, { recursive: true });
});

test("every model answers and agrees with scikit-learn, without a network", async () => {
  const page = await site.page();
  const paths = await models(page);
  assert.ok(paths.length >= 2, "expected artifacts of iris and penguins");
  for (const path of paths) {
    await page.context().setOffline(false);
    assert.ok(await choose(page, path), path);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Predict" }).click();
    await page.locator(".prediction").first().waitFor();
    assert.match(await replay(page), /: agrees with scikit-learn\.$/, path);
  }
  assert.deepEqual(page.errors, []);
  assert.deepEqual(page.requests.filter((url) => !url.startsWith(`${site.origin}/`)), []);
});

test("the answer is shown by the names of the classes, as bars", async () => {
  const page = await planted.page();
  for (const [name, value] of Object.entries(FLOWER)) {
    await page.locator(`[name=${name}]`).fill(String(value));
  }
  await page.getByRole("button", { name: "Predict" }).click();
  await page.locator(".prediction").waitFor();
  assert.equal(await page.locator(".prediction").textContent(), "setosa");
  const bars = await page
    .locator("meter")
    .evaluateAll((all) => all.map(({ ariaLabel, value }) => [ariaLabel, value]));
  assert.deepEqual(bars.map(([name]) => name), ["setosa", "versicolor", "virginica"]);
  assert.ok(Math.abs(bars.reduce((sum, [, value]) => sum + value, 0) - 1) < 1e-12);
});

test("a planted mismatch is shown", async () => {
  const verdict = await replay(await planted.page());
  assert.match(verdict, /^\d+ rows, 1 label mismatches, .*: DISAGREES with scikit-learn\.$/);
});
