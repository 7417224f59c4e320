// Makes pages nicer; every page works without it.
(function () {
  "use strict";

  // One press, one submission: a form that is on its way cannot be sent again.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post" || (event.submitter && event.submitter.formTarget === "_blank")) return;
    if (form.dataset.sent || form.querySelector("[data-uploading]")) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.querySelectorAll("button[type=submit], button:not([type])").forEach(function (button) {
      button.classList.add("btn-loading");
      button.setAttribute("aria-disabled", "true");
    });
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll(".btn-loading").forEach(function (button) {
        button.classList.remove("btn-loading");
        button.removeAttribute("aria-disabled");
      });
    });
  });

  // Files go up one by one as soon as they are chosen, each with its progress.
  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function enhance(box) {
    const input = box.querySelector("input[type=file]");
    const list = box.querySelector("[data-files]");
    const form = box.closest("form");
    const csrf = form.querySelector("input[name=csrf_token]").value;

    function row(name) {
      const line = element("li", "file-line");
      line.append(element("span", "file-name", name));
      const bar = element("progress", "file-bar");
      bar.max = 100;
      bar.value = 0;
      bar.setAttribute("aria-label", name);
      line.append(bar);
      list.append(line);
      return line;
    }

    function done(line, token) {
      line.removeAttribute("data-uploading");
      line.querySelector("progress").remove();
      const hidden = element("input");
      hidden.type = "hidden";
      hidden.name = box.dataset.name || "uploads";
      hidden.value = token;
      const remove = element("button", "btn btn-sm btn-ghost-secondary", box.dataset.remove);
      remove.type = "button";
      remove.addEventListener("click", function () { line.remove(); });
      line.append(hidden, remove);
    }

    function failed(line, reason) {
      line.removeAttribute("data-uploading");
      line.querySelector("progress").remove();
      line.classList.add("file-failed");
      line.setAttribute("role", "alert");
      line.append(element("span", "text-danger", reason || box.dataset.failed));
    }

    function send(file) {
      const line = row(file.name);
      line.setAttribute("data-uploading", "");
      const request = new XMLHttpRequest();
      request.open("POST", box.dataset.url);
      request.setRequestHeader("X-CSRFToken", csrf);
      request.upload.addEventListener("progress", function (event) {
        line.querySelector("progress").value = (event.loaded * 100) / event.total;
      });
      request.addEventListener("load", function () {
        let answer = {};
        try { answer = JSON.parse(request.responseText); } catch { /* not ours */ }
        if (request.status === 201) done(line, answer.token);
        else failed(line, answer.error);
      });
      request.addEventListener("error", function () { failed(line, ""); });
      const data = new FormData();
      data.append("file", file);
      request.send(data);
    }

    input.addEventListener("change", function () {
      Array.from(input.files).forEach(send);
      input.value = "";
    });
    list.querySelectorAll("[data-remove-file]").forEach(function (button) {
      button.addEventListener("click", function () { button.closest("li").remove(); });
    });
  }

  function select(field) {
    if (window.TomSelect && !field.tomselect) new window.TomSelect(field, { maxOptions: 500 });
  }

  function start(root) {
    root.querySelectorAll("[data-upload]").forEach(enhance);
    root.querySelectorAll("select[data-search]").forEach(select);
  }

  document.addEventListener("DOMContentLoaded", function () {
    start(document);
    const wrong = document.querySelector("[aria-invalid=true], [data-wrong]");
    if (wrong) wrong.focus();
  });

  // A choice that shows or hides what depends on it: data-when="field=value|value". It may stand in
  // something hidden itself, and then has no say: what it depends on comes earlier in the page.
  function chosen(name) {
    const controls = Array.from(document.getElementsByName(name)).filter(function (control) {
      return !control.closest("[data-when][hidden]") && (control.matches("select") || control.checked);
    });
    return controls.flatMap(function (control) {
      if (!control.matches("select")) return control.value;
      return Array.from(control.selectedOptions, function (option) { return option.value; });
    });
  }
  function dependents() {
    document.querySelectorAll("[data-when]").forEach(function (part) {
      const [name, values] = part.dataset.when.split("=");
      const wanted = values.split("|");
      part.hidden = !chosen(name).some(function (value) { return wanted.includes(value); });
    });
  }
  document.addEventListener("change", dependents);
  document.addEventListener("DOMContentLoaded", dependents);
  document.addEventListener("htmx:after:swap", dependents);

  // Whoever was seen last owns what this browser keeps for use without a network.
  try { localStorage.setItem("account", document.documentElement.dataset.account || ""); } catch { /* private mode */ }

  // Print buttons.
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
    const copy = event.target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      navigator.clipboard.writeText(copy.dataset.copy);
      copy.classList.add("copied");
    }
  });
})();
