// Writing visits down on a telephone, also without a network. A record is in the browser's database
// with the first letter; it is sent when there is a network, under a key that makes repeats harmless,
// and stays until the server has said that it stands.
(function () {
  "use strict";

  const store = window.visitStore;
  const FIELDS = ["visited_on", "topic", "place", "met", "met_phone", "colleague", "notes"];
  const NEEDED = ["visited_on", "topic", "place", "met"];
  const PHOTOS_MAX = 6;
  const WIDEST = 1600;
  const RETRY = 60000;
  let words, urls, account, day, current, sending, timer;

  function $(id) { return document.getElementById(id); }
  function say(text, values) {
    return words[text].replace(/\{(\w+)\}/g, function (_all, name) { return values[name]; });
  }
  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function button(className, text, action) {
    const made = element("button", "btn " + className, text);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  }
  function now() { return new Date(Date.now() + ((day && day.skew) || 0)); }
  function today() { return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(now()); }
  function newKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
  }

  // Whose page it is -------------------------------------------------------------------------

  function remembered() { try { return localStorage.getItem("account") || ""; } catch { return ""; } }
  function remember(name) { try { localStorage.setItem("account", name); } catch { /* for this page only */ } }

  function tell(text, href, label) {
    const box = $("notice");
    box.hidden = !text;
    box.textContent = text || "";
    if (href) {
      const link = element("a", "btn btn-primary w-100 mt-2", label);
      link.href = href;
      box.append(link);
    }
  }

  function network(there) {
    $("net").textContent = there ? words.online : words.offline;
    $("net").className = "due " + (there ? "due-green" : "due-yellow");
  }

  // Asks the server who has signed in; also brings the day's stops and a token to send with.
  async function refresh() {
    let answer;
    try {
      answer = await fetch(urls.data, { redirect: "manual", cache: "no-store" });
    } catch {
      network(false);
      return null;
    }
    network(true);
    if (answer.type === "opaqueredirect" || answer.status === 403) {
      tell(words.sign_in, urls.sign_in, words.sign_in_button);
      return null;
    }
    if (!answer.ok) return null;
    const found = await answer.json();
    tell("");
    account = found.account;
    remember(account);
    day = Object.assign({}, found, { csrf: undefined, skew: Date.parse(found.now) - Date.now() });
    await store.keepDay(day);
    await render();
    return found;
  }

  // The list ---------------------------------------------------------------------------------

  async function mine() { return account ? store.all(account) : []; }

  async function render() {
    const records = await mine();
    const open = records.filter(function (one) { return one.state !== "done"; });
    const done = records.filter(function (one) { return one.state === "done" && one.sent_on === today(); });
    const count = open.filter(function (one) { return one.state !== "draft"; }).length;
    $("queue").hidden = !open.length;
    $("count").textContent = say("count", { n: count });
    $("count").hidden = $("send").hidden = !count;
    $("waiting").replaceChildren(...open.map(waitingLine));
    $("sent").hidden = !done.length;
    $("done").replaceChildren(...done.map(doneLine));
    const stops = ((account && day && day.stops) || []).filter(function (stop) {
      return !records.some(function (one) { return one.stop === stop.stop; });
    });
    $("stops").replaceChildren(...stops.map(stopLine));
    $("no-stops").hidden = Boolean(stops.length) || !account;
    if (!account) tell(words.sign_in, urls.sign_in, words.sign_in_button);
  }

  function line(name, state, className, meta) {
    const made = element("li", "request");
    made.append(element("span", "request-title", name), element("span", className, state), element("span", "request-meta", meta));
    return made;
  }

  function waitingLine(record) {
    const made = line(record.name, words["state_" + record.state], record.state === "draft" ? "state" : record.state === "waiting" ? "due due-yellow" : "due due-red", record.visited_on + " · " + (record.topic || ""));
    const row = element("span", "request-meta d-flex flex-wrap gap-2");
    if (record.state === "rejected") made.append(element("span", "request-meta text-danger", Object.values(record.errors || {}).flat().join(" ") || words.rejected));
    if (record.state === "different") {
      made.append(element("span", "request-meta text-danger", words.different));
      row.append(button("btn-primary", words.as_new, async function () {
        await store.remove(record.key);
        await store.put(Object.assign(record, { key: newKey(), state: "waiting" }));
        await render();
        send();
      }));
    }
    row.append(button("", record.state === "draft" ? words.go_on : words.change, function () { openForm(record); }));
    row.append(button("btn-ghost-secondary", words.remove, async function () {
      if (window.confirm(say("remove_sure", { name: record.name }))) {
        await store.remove(record.key);
        await render();
      }
    }));
    made.append(row);
    return made;
  }

  function doneLine(record) {
    const made = line(record.name, words.state_done, "state state-resolved", (record.numbers || []).join(" ") || words.no_tickets);
    if (record.qr) {
      const box = element("details", "request-meta");
      box.append(element("summary", "btn btn-sm", words.show_qr));
      const picture = element("img", "qr mt-2");
      picture.src = record.qr;
      picture.alt = words.qr_alt;
      box.append(picture, element("p", "break mt-2 mb-0", record.link));
      made.append(box);
    }
    return made;
  }

  function stopLine(stop) {
    const made = line(stop.name, stop.planned_on < today() ? words.overdue : stop.area, stop.planned_on < today() ? "due due-red" : "state", [stop.reasons.join("、"), stop.address, [stop.contact, stop.phone].join(" ").trim()].filter(Boolean).join(" · "));
    const start = button("btn-primary btn-lg w-100", words.start, function () { openForm(fresh(stop)); });
    start.setAttribute("aria-label", words.start + " " + stop.name);
    const row = element("span", "request-meta");
    row.append(start);
    made.append(row);
    return made;
  }

  function fresh(stop) {
    return {
      key: newKey(), account: account, stop: stop.stop, enterprise: stop.enterprise, name: stop.name,
      visited_on: today(), started_at: now().toISOString(), topic: day.topics[0], place: stop.address || words.on_site, met: stop.contact,
      met_phone: "", colleague: "", notes: "", raised: [], photos: [], errors: {}, state: "draft"
    };
  }

  // The form ---------------------------------------------------------------------------------

  function openForm(record) {
    current = record;
    $("home").hidden = true;
    $("record").hidden = false;
    $("who").textContent = record.name;
    FIELDS.forEach(function (name) { $("v-" + name).value = record[name] || ""; });
    $("topics").replaceChildren(...day.topics.map(function (topic) { const one = element("option"); one.value = topic; return one; }));
    $("raised").replaceChildren();
    record.raised.forEach(addRaised);
    showPhotos();
    showErrors(record.errors || {});
    window.scrollTo(0, 0);
    $("v-met").focus();
  }

  function closeForm() {
    current = null;
    $("record").hidden = true;
    $("home").hidden = false;
    window.scrollTo(0, 0);
  }

  function addRaised(part) {
    const box = $("raised-block").content.cloneNode(true).firstElementChild;
    const number = $("raised").children.length;
    box.querySelectorAll("[data-part]").forEach(function (input) {
      input.id = "raised-" + number + "-" + input.dataset.part;
      input.closest("label, div").querySelector("label").htmlFor = input.id;
    });
    const choice = box.querySelector("[data-part=item]");
    day.items.forEach(function (item) { choice.append(new Option(item.name, item.code)); });
    ["item", "title", "description"].forEach(function (name) { box.querySelector("[data-part=" + name + "]").value = (part && part[name]) || ""; });
    box.querySelector("[data-drop]").addEventListener("click", function () {
      box.remove();
      keepDraft();
    });
    $("raised").append(box);
    return box;
  }

  function collect() {
    FIELDS.forEach(function (name) { current[name] = $("v-" + name).value.trim(); });
    current.raised = Array.from($("raised").children, function (box) {
      const part = {};
      box.querySelectorAll("[data-part]").forEach(function (input) { part[input.dataset.part] = input.value.trim(); });
      return part;
    });
    return current;
  }

  async function keepDraft() {
    clearTimeout(timer);
    if (!current) return;
    await keep(Object.assign(collect(), { state: "draft" }));
  }

  async function keep(record) {
    try {
      await store.put(record);
    } catch {
      tell(words.no_store);
    }
  }

  function missing(record) {
    const errors = {};
    NEEDED.forEach(function (name) { if (!record[name]) errors[name] = [words.required]; });
    record.raised.forEach(function (part, number) {
      ["item", "title", "description"].forEach(function (name) { if (!part[name]) errors["raised-" + number + "-" + name] = [words.required]; });
    });
    return errors;
  }

  function showErrors(errors) {
    $("record").querySelectorAll(".invalid-feedback").forEach(function (one) { one.remove(); });
    $("record").querySelectorAll("[aria-invalid]").forEach(function (one) { one.removeAttribute("aria-invalid"); });
    let first = null;
    Object.entries(errors).forEach(function ([name, texts]) {
      const input = $("v-" + name) || $(name) || $("v-photos");
      const box = element("div", "invalid-feedback", texts.join(" "));
      box.id = input.id + "-error";
      box.setAttribute("role", "alert");
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", box.id);
      input.after(box);
      first = first || input;
    });
    if (first) first.focus();
  }

  async function save(event) {
    event.preventDefault();
    clearTimeout(timer);
    const record = collect();
    record.errors = missing(record);
    if (Object.keys(record.errors).length) {
      await keep(Object.assign(record, { state: "draft" }));
      showErrors(record.errors);
      return;
    }
    await keep(Object.assign(record, { state: "waiting" }));
    closeForm();
    await render();
    send();
  }

  // Photos -----------------------------------------------------------------------------------

  async function shrink(file) {
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
      const canvas = element("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise(function (resolve) { canvas.toBlob(resolve, "image/jpeg", 0.8); });
      return blob ? { blob: blob, name: file.name.replace(/\.\w+$/, "") + ".jpg" } : { blob: file, name: file.name };
    } catch {
      return { blob: file, name: file.name };
    }
  }

  async function addPhotos() {
    const input = $("v-photos");
    for (const file of Array.from(input.files)) {
      if (current.photos.length < PHOTOS_MAX) current.photos.push(await shrink(file));
      else tell(words.photos_max);
    }
    input.value = "";
    await keepDraft();
    showPhotos();
  }

  function showPhotos() {
    $("photos").replaceChildren(...current.photos.map(function (photo) {
      const made = element("li", "file-line");
      made.append(element("span", "file-name", photo.name + " · " + Math.max(1, Math.round(photo.blob.size / 1024)) + " KB"));
      made.append(button("btn-sm btn-ghost-secondary", words.drop, function () {
        current.photos = current.photos.filter(function (one) { return one !== photo; });
        showPhotos();
        keepDraft();
      }));
      return made;
    }));
  }

  // Sending ----------------------------------------------------------------------------------

  async function sendAll() {
    const found = await refresh();
    if (!found) return;
    const waiting = (await mine()).filter(function (one) { return one.state === "waiting"; });
    try {
      for (const record of waiting) await window.visitSend(record, found.csrf, urls, today);
      if (waiting.length) await refresh();
    } catch {
      tell(words.not_sent);
    }
    await render();
  }

  // One at a time, also where the page is open twice; the server tells repeats anyway.
  async function send() {
    if (sending) return;
    sending = true;
    $("send").classList.add("btn-loading");
    try {
      if (navigator.locks) await navigator.locks.request("visits-send", sendAll);
      else await sendAll();
    } finally {
      sending = false;
      $("send").classList.remove("btn-loading");
    }
  }

  async function retry() {
    const waits = (await mine()).some(function (one) { return one.state === "waiting"; });
    if (waits && !current) send();
  }

  async function forget() {
    for (const record of await mine()) {
      if (record.state === "done" && record.sent_on !== today()) await store.remove(record.key);
    }
  }

  async function offline() {
    if (!navigator.serviceWorker) return;
    try {
      await navigator.serviceWorker.register(urls.worker, { scope: urls.page });
      await navigator.serviceWorker.ready;
      $("ready").hidden = false;
    } catch { /* the page works while there is a network */ }
  }

  async function start() {
    words = JSON.parse($("words").textContent);
    urls = $("main").dataset;
    urls = { data: urls.data, sync: urls.sync, files: urls.files, worker: urls.worker, page: urls.page, sign_in: urls.signIn };
    account = remembered();
    $("send").addEventListener("click", send);
    $("back").addEventListener("click", async function () { await keepDraft(); closeForm(); await render(); });
    $("add-raised").addEventListener("click", function () { addRaised().querySelector("select").focus(); });
    $("v-photos").addEventListener("change", addPhotos);
    $("record").addEventListener("submit", save);
    $("record").addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(keepDraft, 300); });
    window.addEventListener("pagehide", keepDraft);
    window.addEventListener("online", send);
    window.addEventListener("offline", function () { network(false); });
    document.addEventListener("visibilitychange", function () { if (!document.hidden && !current) send(); });
    try {
      day = account ? await store.day(account) : undefined;
      await forget();
      await render();
    } catch {
      tell(words.no_store);
      return;
    }
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    setInterval(retry, RETRY);
    offline();
    send();
  }

  document.addEventListener("DOMContentLoaded", start);
})();
