// Lists the sites: sorted, filtered, and with a strip of their verdicts on the chosen crawler.
const ORDER = { full: 0, all_but: 1, partial: 2, none: 3, unknown: 4, early: 5 };
const LETTERS = { full: "F", all_but: "E", partial: "P", none: "N", unknown: "?", early: "" };
const worded = (word) => data.restrictions[word] || "not yet documented";
const table = by("host-table");
let tokens = [];
let shownAtMost = 25;
let order = { key: "changed", down: false };
// The ruling on a crawler, and the place of its line.
const rulingOf = (number, token) => {
  const packed = data.vectors[number];
  let i = 0;
  for (let left = token; left >= packed[i + 2]; i += 3) left -= packed[i + 2];
  return [packed[i], packed[i + 1]];
};
const isEarly = (token, snapshot) => {
  const since = data.tokens[token][1];
  return since !== null && data.snapshots[snapshot][1] < since;
};
const chosen = () => Math.max(0, tokens.indexOf(state.crawler));
const datesOf = (host) => data.dates[host[1]] || [];

// What the table says of each site, for the crawler that was chosen last.
let listed = { token: -1, sites: [] };
const summarize = (token) => {
  const seen = [];
  const early = data.snapshots.map((_, place) => isEarly(token, place));
  const site = (host) => {
    const rulings = [];
    for (const [first, length, number] of host[2]) {
      seen[number] = seen[number] || data.rulings[rulingOf(number, token)[0]];
      for (let k = first; k < first + length; k += 1) rulings[k] = seen[number];
    }
    const dates = datesOf(host);
    const cells = dates.map((k) => (early[k] ? "early" : rulings[k] ? rulings[k][0] : "unknown"));
    const now = cells.length ? cells[cells.length - 1] : "unknown";
    let [before, changed, stricter] = [null, -1, false];
    cells.forEach((word, place) => {
      if (word === "unknown" || word === "early") return;
      if (before && word !== before) {
        changed = dates[place];
        stricter = ORDER[word] < ORDER[before];
      }
      before = word;
    });
    const last = dates.length ? rulings[dates[dates.length - 1]] : null;
    const author = (now !== "early" && last && last[3] && data.authors[last[3]]) || "";
    return { host, cells, dates, now, changed, stricter, author };
  };
  listed = { token, sites: data.hosts.map(site) };
};

// A pasted address is read as the name of its site.
const named = (text) => {
  const bare = text.trim().toLowerCase().replace(/^[a-z][a-z0-9+.-]*:\/\//, "")
    .replace(/[/?#].*$/, "").replace(/^[^@]*@/, "").replace(/:\d*$/, "").replace(/\.$/, "");
  try { return /[^\x00-\x7f]/.test(bare) ? new URL(`http://${bare}`).hostname : bare; }
  catch { return bare; }
};
const CHANGES = {
  "": () => true,
  changed: (site) => site.changed >= 0,
  same: (site) => site.changed < 0,
  stricter: (site) => site.changed >= 0 && site.stricter,
  looser: (site) => site.changed >= 0 && !site.stricter,
};
const inSegment = (host) => !state.segment || host[1] === state.segment
  || host[1].split(", ").includes(state.segment);
const fitting = () => {
  const word = named(by("host-search").value);
  const short = word.replace(/^www\./, "");
  const [now, change, author] = ["host-filter", "change-filter", "author-filter"].map(
    (id) => by(id).value);
  return listed.sites.filter((site) => inSegment(site.host)
    && (!word || site.host[0].includes(word) || (short && site.host[0].includes(short)))
    && (!now || site.now === now) && CHANGES[change](site) && (!author || site.author === author));
};
const KEYS = {
  host: (site) => site.host[0],
  segment: (site) => site.host[1],
  now: (site) => ORDER[site.now],
  changed: (site) => -site.changed,
  author: (site) => site.author || "\uffff",
};
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const ordered = (sites) => {
  const key = KEYS[order.key];
  const sign = order.down ? -1 : 1;
  return sites.sort((a, b) => sign * compare(key(a), key(b)) || compare(a.host[0], b.host[0]));
};

const chip = (word) => make("b", { class: `chip ${word}`, "aria-hidden": "true" }, LETTERS[word]);
const line = (site) => {
  const button = make("button", { type: "button", class: "host", "aria-expanded": "false" },
    make("bdi", {}, site.host[0]));
  const strip = make("span", { class: "strip", role: "img", "aria-label":
    `${site.cells.length} snapshots, ${site.changed >= 0 ? "changed" : "no change seen"}` });
  site.cells.forEach((word, place) => strip.append(make("i", { class: word,
    title: `${data.snapshots[site.dates[place]][0]}: ${worded(word)}` })));
  const row = make("tr", {},
    make("td", {}, button, make("small", { class: "narrow soft" }, make("bdi", {}, site.host[1]))),
    make("td", { class: "wide" }, make("bdi", {}, site.host[1])),
    make("td", {}, chip(site.now), ` ${worded(site.now)}`),
    make("td", {}, site.changed < 0 ? DASH : data.snapshots[site.changed][1]),
    make("td", { class: "wide" }, site.author || DASH), make("td", {}, strip));
  button.addEventListener("click", () => {
    const opened = toggle(row, button, site.host);
    if (opened || state.host === site.host[0]) state.host = opened ? site.host[0] : "";
    remember();
  });
  return row;
};
const list = () => {
  if (!tokens.length) return;  // still being unpacked
  if (listed.token !== chosen()) {
    summarize(chosen());
    offerAuthors();
  }
  const found = ordered(fitting());
  const shown = found.slice(0, shownAtMost);
  table.caption.textContent = `How the sites treat ${state.crawler}, snapshot by snapshot`;
  table.tBodies[0].replaceChildren(...shown.map(line));
  by("host-count").textContent = found.length
    ? `${count(shown.length)} of ${count(found.length)} shown` : "no site matches";
  by("host-more").hidden = shown.length === found.length;
  table.querySelectorAll("th[data-key]").forEach((head) => head.setAttribute("aria-sort",
    head.dataset.key !== order.key ? "none" : order.down ? "descending" : "ascending"));
};
const offerAuthors = () => {
  const filter = by("author-filter");
  const before = filter.value;
  const known = [...new Set(listed.sites.map((site) => site.author).filter(Boolean))];
  filter.replaceChildren(make("option", { value: "" }, "any"),
    ...sorted(known).map((author) => make("option", { value: author }, author)));
  filter.value = known.includes(before) ? before : "";
};
const again = (event) => { event.preventDefault(); shownAtMost = 25; redrawn.now(); };
by("host-form").addEventListener("submit", (event) => {
  again(event);
  const buttons = table.querySelectorAll("button.host");
  if (buttons.length === 1 && buttons[0].getAttribute("aria-expanded") === "false") {
    buttons[0].click();
  }
});
by("host-search").addEventListener("input", again);
for (const id of ["host-filter", "change-filter", "author-filter"]) {
  by(id).addEventListener("change", again);
}
by("host-more").addEventListener("click", () => { shownAtMost += 200; redrawn.now(); });
table.querySelectorAll("th[data-key] button").forEach((button) => {
  button.addEventListener("click", () => {
    const { key } = button.parentElement.dataset;
    order = { key, down: key === order.key && !order.down };
    redrawn.now();
  });
});
const key = document.querySelector(".key");
for (const [word, said] of Object.entries(data.restrictions)) key.append(make("span", {}, chip(word), said), " ");

// What changed last, for the chosen crawler, in the chosen segment.
const tellChanges = () => {
  if (!tokens.length) return;
  const segmentOf = new Map(data.hosts.map((host) => [host[0], host]));
  const rows = (data.changes[state.crawler] || []).filter(([host]) => !state.segment
    || (segmentOf.has(host) && inSegment(segmentOf.get(host))));
  by("changes-of").textContent = state.crawler;
  by("changes-list").replaceChildren(...rows.map(([host, day, how, before]) => make("li", {},
    make("time", { datetime: day }, day), " ",
    segmentOf.has(host) ? opener(host) : make("bdi", {}, host), ` ${how} `,
    make("span", {}, `(previous capture: ${before})`))));
  by("changes-none").hidden = rows.length > 0;
};
const redrawn = unhurried(() => { list(); tellChanges(); });
const opener = (host) => {
  const button = make("button", { type: "button", class: "host" }, make("bdi", {}, host));
  button.addEventListener("click", () => { state.host = host; remember(); show(); });
  return button;
};
// Opens the site that the address names.
const show = () => {
  const name = named(state.host);
  const host = data.hosts.find(([one]) => one === state.host || one === name
    || one === name.replace(/^www\./, ""));
  if (!host) {
    by("host-count").textContent = `${state.host} is not one of the sites on this page`;
    return;
  }
  for (const id of ["host-filter", "change-filter", "author-filter"]) by(id).value = "";
  if (!inSegment(host)) chooseSegment("");
  by("host-search").value = host[0];
  redrawn.now();
  const button = [...table.querySelectorAll("button.host")].find((one) =>
    one.textContent === host[0]);
  if (button.getAttribute("aria-expanded") === "false") button.click();
  button.focus({ preventScroll: true });
  const reach = () => button.scrollIntoView({ block: "start", behavior: "instant" });
  reach();
  setTimeout(reach, 200);  // charts above may have been drawn anew, and have other heights
};
let inSight = false;
new IntersectionObserver(([{ isIntersecting }]) => { inSight = isIntersecting; },
  { rootMargin: "200px" }).observe(by("sites"));
choice.addEventListener("change", () => {
  if (inSight || restoring) redrawn.now();
  else redrawn.soon();  // the charts come first
});
listeners.push(() => { redrawn.now(); if (state.host && tokens.length) show(); });

// The rows of all other crawlers and the sites are packed; until they are there, these wait.
const merge = (packed) => {
  all.forEach(({ spec, rows }, figure) => Object.assign(figure, { spec, rows }));
  all.clear();
  for (const figure of data.figures.filter((one) => one.byCrawler)) {
    for (const [token, number] of Object.entries(packed.rows[figure.id] || {})) {
      figure.rows[token] = packed.sets[number];
    }
  }
  if (packed.series) {
    data.series = { fields: packed.series.fields, rows: Object.fromEntries(
      Object.entries(packed.series.rows).map(([token, number]) => [token, packed.sets[number]])) };
  }
  Object.assign(data, packed.sites, { changes: packed.changes });
  tokens = data.tokens.map(([token]) => token);
  narrow();
};
const unpack = async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(plain).text());
};
const start = async () => {
  try {
    merge(await unpack(by("packed").textContent));
  } catch {
    data.crawlers = data.crawlers.filter(([token]) => data.preloaded.includes(token));
    restore();
    by("host-count").textContent = "this browser cannot unpack the table of sites; use a newer "
      + "browser, or run crawlblock timeline HOST";
    return;
  }
  restoring = true;
  choice.dispatchEvent(new Event("change"));
  restoring = false;
  if (state.host) show();
};
restore();
start();
saving(table, "sites", () => [["site", "segment", "crawler", "verdict", "last_change", "author"],
  ...ordered(fitting()).map((site) => [site.host[0], site.host[1], state.crawler, worded(site.now),
    site.changed < 0 ? "" : data.snapshots[site.changed][1], site.author])]);
