// The built page in Chromium: no request leaves the machine, and it goes on without a network.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const ARTIFACTS = process.env.SKIFF_ARTIFACTS ?? "../../artifacts";
const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const folder = mkdtempSync(join(tmpdir(), "skiff-page-"));
const requests = [];
let server, browser, origin;

before(async () => {
  cpSync(`${ARTIFACTS}/iris/1`, `${folder}/planted/iris/7`, { recursive: true });
  const vectors = JSON.parse(readFileSync(`${folder}/planted/iris/7/vectors.json`, "utf8"));
  vectors.outputs.label[0] = (vectors.outputs.label[0] + 1) % 3;
  writeFileSync(`${folder}/planted/iris/7/vectors.json`, JSON.stringify(vectors));
  const artifacts = readdirSync(ARTIFACTS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${ARTIFACTS}/${entry.name}/1`);
  build(`${folder}/site`, artifacts);
  build(`${folder}/wrong`, [`${folder}/planted/iris/7`]);
  server = createServer((request, response) => {
    try {
      const path = join(folder, new URL(request.url, origin).pathname);
      const body = readFileSync(path);
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true });
});

function build(out, folders) {
  execFileSync(process.execPath, ["build.js", out, ...folders]);
}

/** Opens the page of a site and returns it when its model is loaded. */
async function open(site) {
  const page = await browser.newPage();
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => assert.fail(error));
  await page.goto(`${origin}/${site}/index.html`);
  await page.getByRole("button", { name: "Predict" }).and(page.locator(":enabled")).waitFor();
  return page;
}

const replayed = async (page) => {
  await page.getByRole("button", { name: "Replay the golden rows" }).click();
  const verdict = page.locator("#verdict:not(:empty)");
  await verdict.waitFor();
  return verdict.textContent();
};

test("every model answers and agrees with scikit-learn, without a network", async () => {
  const page = await open("site");
  const choices = await page.locator("#model option").evaluateAll((all) => all.map((o) => o.value));
  for (const choice of choices) {
    await page.context().setOffline(false);
    if (choices.length > 1) await page.locator("#model").selectOption(choice);
    await page.getByRole("button", { name: "Predict" }).and(page.locator(":enabled")).waitFor();
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Predict" }).click();
    await page.locator(".prediction").first().waitFor();
    const verdict = await replayed(page);
    assert.match(verdict, /: agrees with scikit-learn\.$/, `${choice}: ${verdict}`);
    console.log(`${choice.replace("models/", "")}: ${verdict.replace(" with scikit-learn.", "")}`);
  }
  assert.ok(requests.length > 5);
  assert.deepEqual(requests.filter((url) => !url.startsWith(`${origin}/`)), []);
});

test("the answer is shown by the names of the classes, as bars", async () => {
  const page = await open("wrong");
  for (const [name, value] of Object.entries({ feature1: 5.1, feature2: 3.5, feature3: 1.4, feature4: 0.2 })) {
    await page.locator(`[name=${name}]`).fill(String(value));
  }
  await page.getByRole("button", { name: "Predict" }).click();
  await page.locator(".prediction").waitFor();
  assert.equal(await page.locator(".prediction").textContent(), "setosa");
  const names = await page.locator("meter").evaluateAll((all) => all.map((m) => m.ariaLabel));
  assert.deepEqual(names, ["setosa", "versicolor", "virginica"]);
  const sum = await page.locator("meter").evaluateAll((all) => all.reduce((s, m) => s + m.value, 0));
  assert.ok(Math.abs(sum - 1) < 1e-12);
});

test("a planted mismatch is shown", async () => {
  const verdict = await replayed(await open("wrong"));
  assert.match(verdict, /^\d+ rows, 1 label mismatches, .*: DISAGREES with scikit-learn\.$/);
});
