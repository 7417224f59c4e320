// The browser's database of visits: records on their way, and each person's stops of the day.
// Everything lies under an account; who asks for one gets nothing of another.
(function () {
  "use strict";

  let opened = null;

  function open() {
    opened = opened || new Promise(function (resolve, reject) {
      const request = indexedDB.open("visits", 1);
      request.onupgradeneeded = function () {
        const records = request.result.createObjectStore("records", { keyPath: "key" });
        records.createIndex("account", "account");
        request.result.createObjectStore("days", { keyPath: "account" });
      };
      request.onsuccess = function () { resolve(request.result); };
      request.onerror = function () { reject(request.error); };
    });
    return opened;
  }

  // Resolves when the browser has written, not only when it was asked to.
  async function run(store, mode, action) {
    const database = await open();
    return new Promise(function (resolve, reject) {
      const transaction = database.transaction(store, mode);
      const request = action(transaction.objectStore(store));
      transaction.oncomplete = function () { resolve(request.result); };
      transaction.onerror = transaction.onabort = function () { reject(transaction.error); };
    });
  }

  window.visitStore = {
    open: open,
    all: function (account) {
      return run("records", "readonly", function (store) { return store.index("account").getAll(account); });
    },
    put: function (record) { return run("records", "readwrite", function (store) { return store.put(record); }); },
    remove: function (key) { return run("records", "readwrite", function (store) { return store.delete(key); }); },
    day: function (account) { return run("days", "readonly", function (store) { return store.get(account); }); },
    keepDay: function (day) { return run("days", "readwrite", function (store) { return store.put(day); }); }
  };
})();
