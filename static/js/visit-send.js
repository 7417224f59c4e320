// Sending one visit to the server: its photos first, then the record under its key; the browser's
// database is told what became of it.
(function () {
  "use strict";

  const store = window.visitStore;

  async function uploadPhotos(record, csrf, urls) {
    for (const photo of record.photos) {
      if (photo.token) continue;
      const form = new FormData();
      form.append("file", photo.blob, photo.name);
      const answer = await fetch(urls.files, { method: "POST", body: form, redirect: "manual", headers: { "X-CSRFToken": csrf } });
      if (answer.status === 422) return [(await answer.json()).error];
      if (answer.status !== 201) throw new Error("the photo was not taken");
      photo.token = (await answer.json()).token;
      await store.put(record);
    }
    return null;
  }

  window.visitSend = async function (record, csrf, urls, today) {
    const refused = await uploadPhotos(record, csrf, urls);
    if (refused) {
      await store.put(Object.assign(record, { state: "rejected", errors: { photos: refused } }));
      return;
    }
    const plain = Object.assign({}, record, { photos: record.photos.map(function (photo) { return photo.token; }) });
    const answer = await fetch(urls.sync, {
      method: "POST", redirect: "manual", headers: { "X-CSRFToken": csrf, "Content-Type": "application/json" },
      body: JSON.stringify({ account: record.account, records: [plain] })
    });
    if (!answer.ok) throw new Error("the record was not taken");
    const [result] = (await answer.json()).results;
    await store.put(after(record, result, today));
  }

  // What remains of a record when the server has answered: of one that stands, nothing personal.
  function after(record, result, today) {
    if (result.status === "done") {
      return { key: record.key, account: record.account, stop: record.stop, name: record.name, state: "done", sent_on: today(), numbers: result.numbers, link: result.link, qr: result.qr };
    }
    if (result.status === "rejected") {
      if (result.errors.photos) record.photos.forEach(function (photo) { delete photo.token; });
      return Object.assign(record, { state: "rejected", errors: result.errors });
    }
    return result.status === "different" ? Object.assign(record, { state: "different" }) : record;
  }
})();
