// Saves tables as CSV, from the data in the page: a page that was mailed has no files beside it.
const csv = (rows) => rows.map((row) => row.map((value) => {
  const text = String(value === null || value === undefined ? "" : value);
  const safe = /^[=+@\t\r]|^-[^\d\s]/.test(text) ? `'${text}` : text;  // no formula
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}).join(",")).join("\r\n").concat("\r\n");
const written = (table) => [...table.rows].map((row) => [...row.cells].map((cell) =>
  cell.textContent.trim()));
const saving = (table, name, rows) => {
  const button = make("button", { type: "button", class: "save" }, "Save as CSV");
  button.addEventListener("click", () => given(`${name}.csv`, "text/csv", csv(rows())));
  table.closest(".scroll").after(button);
};
for (const table of document.querySelectorAll("main .scroll > table")) {
  if (table.closest("figure") || ["host-table", "file-table"].includes(table.id)) continue;
  const name = table.id || table.closest("section").id;
  saving(table, name, () => written(table));
}
