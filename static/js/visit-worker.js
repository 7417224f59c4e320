// Keeps the telephone's page of visits with its style and script, and nothing else: the page is an
// empty shell, so that nobody's data lies here. KEPT is written above this file by the server.
"use strict";

const CACHE = "visits-" + KEPT.version;
const PATIENCE = 4000; // a network that is there but silent is as good as none

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.assets.map(function (one) { return new Request(one, { cache: "reload" }); }));
  const page = await fetch(KEPT.page, { credentials: "same-origin", cache: "no-store" });
  if (!page.ok || page.redirected) throw new Error("nobody has signed in");
  await cache.put(KEPT.page, page);
  await self.skipWaiting();
}

async function tidy() {
  for (const name of await caches.keys()) {
    if (name.startsWith("visits-") && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

function late() {
  return new Promise(function (_resolve, reject) { setTimeout(reject, PATIENCE); });
}

async function page(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await Promise.race([fetch(request), late()]);
    if (answer.ok && !answer.redirected) await cache.put(KEPT.page, answer.clone());
    return answer;
  } catch {
    return (await cache.match(KEPT.page)) || Response.error();
  }
}

async function asset(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(new URL(request.url).pathname)) || fetch(request);
}

self.addEventListener("install", function (event) { event.waitUntil(fill()); });
self.addEventListener("activate", function (event) { event.waitUntil(tidy()); });
self.addEventListener("fetch", function (event) {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && address.pathname === KEPT.page) event.respondWith(page(event.request));
  else if (KEPT.assets.includes(address.pathname)) event.respondWith(asset(event.request));
});
