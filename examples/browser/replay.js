// node replay.js FOLDER...: replays the golden rows of each artifact in Chromium.

import { Site, choose, models, replay } from "./chromium.js";

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: node replay.js FOLDER...");
  process.exit(2);
}
const site = await Site.open(folders);
try {
  const page = await site.page();
  for (const path of await models(page)) {
    const name = path.replace("models/", "");
    if (await choose(page, path)) {
      const verdict = await replay(page);
      console.log(`${name}: ${verdict.replace(" with scikit-learn.", "")}`);
      if (!verdict.includes(": agrees")) process.exitCode = 1;
    } else {
      console.log(`${name}: fails: ${await page.locator(".problem").first().textContent()}`);
      process.exitCode = 1;
    }
  }
} finally {
  await site.close();
}
