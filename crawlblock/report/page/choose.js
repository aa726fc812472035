// Chooses a crawler and a segment, and keeps the choice in the page's address.
const PURPOSES = { training: "training of AI models", ai_search: "AI search",
  agent: "agents of a user", archive: "archives and data sets", search: "web search",
  other: "other" };
const segments = by("segment-choice");
const listeners = [];  // called when the address names another choice
const sorted = (texts) => [...texts].sort((a, b) => a.localeCompare(b, "en"));
const groupOf = ([, operator, purpose, ai], way) => {
  const name = way === "purpose" ? PURPOSES[purpose] || "no stated purpose"
    : operator || "operator unknown";
  return ai ? name : `Not AI: ${name}`;
};
// AI crawlers come first, by operator or by purpose.
const offer = () => {
  const word = by("crawler-search").value.trim().toLowerCase();
  const way = by("crawler-groups").value;
  const groups = new Map();
  let matching = 0;
  for (const one of data.crawlers) {
    if (word && !one.slice(0, 3).some((text) => (text || "").toLowerCase().includes(word))) continue;
    const name = groupOf(one, way);
    if (!groups.has(name)) groups.set(name, { ai: one[3], tokens: [] });
    groups.get(name).tokens.push(one[0]);
    matching += 1;
  }
  const order = Object.values(PURPOSES);
  const place = (name) => (way === "purpose" ? order.indexOf(name.replace("Not AI: ", "")) : 0);
  const names = sorted(groups.keys()).sort((a, b) => groups.get(b).ai - groups.get(a).ai
    || place(a) - place(b));
  choice.replaceChildren(...names.map((name) => make("optgroup", { label: name },
    ...sorted(groups.get(name).tokens).map((token) => make("option", { value: token }, token)))));
  const known = [...groups.values()].some(({ tokens }) => tokens.includes(state.crawler));
  if (!known) {
    choice.prepend(make("option", { value: "" }, matching ? `${matching} found` : "none found"));
  }
  choice.value = known ? state.crawler : "";
  return names.length ? sorted(groups.get(names[0]).tokens)[0] : null;
};
const choose = (token) => {
  by("crawler-search").value = "";
  state.crawler = token;
  offer();
  choice.dispatchEvent(new Event("change"));
};
by("crawler-search").addEventListener("input", offer);
by("crawler-groups").addEventListener("change", offer);
by("choose").addEventListener("submit", (event) => {
  event.preventDefault();
  const first = by("crawler-search").value ? offer() : null;
  if (first) choose(first);
});

// The address: #crawler=CCBot&segment=news&host=example.org
const address = () => {
  const parts = new URLSearchParams({ crawler: state.crawler });
  if (state.segment) parts.set("segment", state.segment);
  if (state.host) parts.set("host", state.host);
  return `#${parts}`;
};
let known = location.hash;  // as it was read or written last
const { soon: remember } = unhurried(() => {  // writing it takes longer than drawing
  if (location.hash !== known) return;  // the reader has changed it, which is followed next
  try { history.replaceState(null, "", address()); } catch { /* a viewer may forbid it */ }
  known = location.hash;
});
const asked = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
by("copy-link").addEventListener("click", () => {
  copy(by("copy-link"), location.href.replace(/#.*/, "") + address());
});

// The charts and the answers of one segment alone.
const all = new Map();  // what each figure has of all segments
const narrow = () => {
  for (const figure of data.figures) {
    if (!all.has(figure)) all.set(figure, { spec: figure.spec, rows: figure.rows });
    const { spec, rows } = all.get(figure);
    const part = figure.id === "blocked_by_segment" ? "series" : "panels";
    const place = spec[part].findIndex((one) => (one.name || one) === state.segment);
    Object.assign(figure, { spec, rows, listed: null, stale: true });
    if (!state.segment || place < 0) continue;
    const field = figure.fields.indexOf(part === "series" ? "series" : "panel");
    figure.spec = { ...spec, [part]: [spec[part][place]] };
    figure.rows = Object.fromEntries(Object.entries(rows).map(([token, mine]) => [token,
      mine.filter((row) => row[field] === place).map((row) => row.with(field, 0))]));
  }
  document.querySelectorAll(".card[data-segment]").forEach((card) => {
    card.hidden = Boolean(state.segment) && card.dataset.segment !== state.segment;
  });
  document.querySelectorAll(".lead").forEach((lead) => {
    lead.hidden = !lead.querySelector(".card:not([hidden])");
  });
};
const chooseSegment = (name) => {
  state.segment = [...segments.options].some((one) => one.value === name) ? name : "";
  segments.value = state.segment;
  narrow();
  choice.dispatchEvent(new Event("change"));
  for (const figure of data.figures) {
    figure.stale = true;
    if (figure.near) refresh(figure);
  }
};
let restoring = false;  // the address is followed, and not written
let missing = "";  // the crawler that the address names and the page does not know
const restore = () => {
  restoring = true;
  const parts = asked();
  const wanted = (parts.get("crawler") || "").toLowerCase();
  const found = data.crawlers.find(([token]) => token.toLowerCase() === wanted);
  if (found) state.crawler = found[0];
  missing = wanted && !found ? parts.get("crawler") : "";
  offer();
  state.host = parts.get("host") || "";
  if (found || parts.get("segment")) chooseSegment(parts.get("segment") || "");
  else tellChoice();
  restoring = false;
};

// What the files say of the choice, as one sentence and as a table.
const numbersOf = () => {
  const figure = data.figures.find((one) => one.id === "blocked_by_segment");
  const series = figure || data.series;
  return { fields: series ? series.fields : [], rows: (series && series.rows[state.crawler]) || [],
    names: figure ? figure.spec.series.map(({ name }) => name) : ["all sites"] };
};
const tellChoice = () => {
  const { fields, rows, names } = numbersOf();
  const field = (row, name) => (name === "name" ? names[row[fields.indexOf("series")]]
    : row[fields.indexOf(name)]);
  const newest = new Map();
  rows.forEach((row) => newest.set(field(row, "name"), row));
  const said = [...newest].sort((a, b) => field(b[1], "n") - field(a[1], "n")).slice(0, 4)
    .map(([name, row]) => `${percent(field(row, "estimate"))} of ${count(field(row, "n"))} known `
      + `sites${data.segments.length > 1 ? ` (${name})` : ""} in ${data.snapshots[row[0]][0]}`);
  const unknown = missing ? `No crawler is called ${missing}. ${state.crawler}: ` : "";
  by("choice-said").textContent = unknown + (said.length ? `Blocked by ${said.join("; ")}.`
    : `The page has no share for ${state.crawler}${state.segment ? ` in ${state.segment}` : ""}. `
      + "The files have every share that could be counted.");
  by("choice-rows").tBodies[0].replaceChildren(...rows.map((row) => make("tr", {},
    ...[data.snapshots[row[0]][0], field(row, "name"), percent(field(row, "estimate")),
      interval(field(row, "low"), field(row, "high")), count(field(row, "n")),
      count(field(row, "n_unknown"))].map((text) => make("td", {}, text)))));
};
choice.addEventListener("change", () => {
  if (!restoring) missing = "";
  tellChoice();
  if (choice.value && choice.options[0].value === "") choice.options[0].remove();  // "3 found"
});
choice.addEventListener("change", () => { if (!restoring) remember(); });
segments.addEventListener("change", () => chooseSegment(segments.value));
addEventListener("hashchange", () => {
  known = location.hash;
  if (!location.hash.includes("=") || location.hash === address()) return;
  restore();
  listeners.forEach((follow) => follow());
});
