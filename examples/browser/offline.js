// A service worker: the page's files are kept, and come from there where there is no network.

const KEPT = "skiff";

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("fetch", (event) => event.respondWith(answer(event.request)));

async function keep() {
  const files = await (await fetch("files.json")).json();
  const cache = await caches.open(KEPT);
  await cache.addAll(["./", "files.json", ...files]);
  await self.skipWaiting();
}

async function answer(request) {
  const cache = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok && request.method === "GET") await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
