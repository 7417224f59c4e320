// Rows of conditions: only the comparisons that go with the field, and its unit behind the value.
"use strict";

for (const row of document.querySelectorAll("[data-condition]")) {
  const field = row.querySelector("[name=field]");
  const comparison = row.querySelector("[name=comparison]");
  const value = row.querySelector("[name=value]");
  const unit = row.querySelector("span[data-unit]");

  const suit = () => {
    const chosen = field.selectedOptions[0];
    const known = (chosen.dataset.compare || "").split(" ").filter(Boolean);
    for (const option of comparison.options) option.hidden = option.disabled = known.length > 0 && !known.includes(option.value);
    if (known.length && !known.includes(comparison.value)) comparison.value = known[0];
    comparison.classList.toggle("invisible", known.length === 0);
    value.parentElement.hidden = known.length === 0 || known.includes("not");
    unit.textContent = chosen.dataset.unit || "";
  };

  field.addEventListener("change", suit);
  suit();
}
