// Builds the site and opens it in Chromium, served from this machine.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export class Site {
  /** Whether the server hangs up on everything. */
  gone = false;

  /** Builds a site of the artifacts in `folders`, serves it and starts a browser. */
  static async open(folders) {
    const site = new Site();
    site.folder = mkdtempSync(join(tmpdir(), "skiff-site-"));
    execFileSync(process.execPath, [`${import.meta.dirname}/build.js`, site.folder, ...folders]);
    site.server = createServer((request, response) => site.#serve(request, response));
    await new Promise((listening) => site.server.listen(0, "127.0.0.1", listening));
    site.origin = `http://127.0.0.1:${site.server.address().port}`;
    const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
    site.browser = await chromium.launch({ executablePath, args: QUIET });
    return site;
  }

  async close() {
    await this.browser.close();
    this.server.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Opens the page; its errors and the addresses that it asks for are kept in lists. */
  async page() {
    const page = await this.browser.newPage();
    page.requests = [];
    page.errors = [];
    page.context().on("request", (request) => page.requests.push(request.url()));
    page.on("pageerror", (error) => page.errors.push(error));
    await page.goto(`${this.origin}/index.html`);
    await ready(page);
    return page;
  }

  #serve(request, response) {
    if (this.gone) {
      request.destroy();
      return;
    }
    try {
      const { pathname } = new URL(request.url, this.origin);
      const path = join(this.folder, pathname.replace(/\/$/, "/index.html"));
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      const body = readFileSync(path);
      response.writeHead(200, { "content-type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
}

/** Opens the page again. */
export async function reload(page) {
  await page.reload();
  await ready(page);
}

/** Returns the paths of the models that the page offers. */
export async function models(page) {
  return page.locator("#model option").evaluateAll((all) => all.map(({ value }) => value));
}

/** Chooses a model, and returns whether it could be opened; if not, the page says why. */
export async function choose(page, path) {
  await page.locator("#model").evaluate((select, value) => {
    select.value = value;
    select.dispatchEvent(new Event("change"));
  }, path);
  await ready(page);
  return page.locator(".problem").count().then((count) => count === 0);
}

/** Replays the golden rows, and returns what the page says of them. */
export async function replay(page) {
  await page.getByRole("button", { name: "Replay the golden rows" }).click();
  const verdict = page.locator("#verdict:not(:empty)");
  await verdict.waitFor();
  return verdict.textContent();
}

/** Waits until the model is open, or the page says why it cannot be. */
async function ready(page) {
  await page.locator("button[type=submit]:enabled, .problem").first().waitFor();
}
