// Lists the hosts, and opens their timelines and the lines that decided.
const unpack = async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(plain).text());
};
const worded = (word) => (word === "early" ? "not yet documented" : word);
let tokens = [];
let shownAtMost = 50;
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
// The first snapshot of a run in which the crawler was documented.
const countedFrom = ([first], token) => data.snapshots.slice(first).find(
  (_, place) => !isEarly(token, first + place))[0];
const stripOf = (host, token) => {
  const cells = [];
  for (const [first, length, number] of host[2]) {
    const [ruling] = rulingOf(number, token);
    for (let k = first; k < first + length; k += 1) {
      cells[k] = isEarly(token, k) ? "early" : data.rulings[ruling][0];
    }
  }
  return cells;
};
const chosen = () => Math.max(0, tokens.indexOf(state.crawler));
const said = (cells) => cells.filter((word) => word !== "unknown" && word !== "early");
const matches = (host, word, filter, token) => {
  if (word && !host[0].includes(word)) return false;
  if (!filter) return true;
  const cells = stripOf(host, token);
  if (filter === "changed") return new Set(said(cells)).size > 1;
  return cells[cells.length - 1] === filter;
};
const line = (host, cells) => {
  const button = make("button", { type: "button", class: "host", "aria-expanded": "false" },
    host[0]);
  const strip = make("span", { class: "strip", role: "img", "aria-label":
    `${data.snapshots.length} snapshots, ${new Set(said(cells)).size > 1 ? "changed"
      : "the same throughout"}` });
  cells.forEach((word, place) => strip.append(make("i", { class: word,
    title: `${data.snapshots[place][0]}: ${worded(word)}` })));
  const row = make("tr", {}, make("td", {}, button), make("td", {}, host[1]),
    make("td", {}, worded(cells[cells.length - 1]) || ""), make("td", {}, strip));
  button.addEventListener("click", () => toggle(row, button, host));
  return row;
};
const list = () => {
  if (!tokens.length) return;  // still being unpacked
  const word = by("host-search").value.trim().toLowerCase();
  const filter = by("host-filter").value;
  const token = chosen();
  const found = data.hosts.filter((host) => matches(host, word, filter, token));
  const shown = found.slice(0, shownAtMost);
  const table = by("host-table");
  table.caption.textContent = `How ${tokens[token]} is met, snapshot by snapshot`;
  table.tBodies[0].replaceChildren(...shown.map((host) => line(host, stripOf(host, token))));
  by("host-count").textContent = found.length
    ? `${count(shown.length)} of ${count(found.length)} shown` : "no host fits";
  by("host-more").hidden = shown.length === found.length;
};

// A host's timeline: crawlers with the same history share a row, snapshots with the same answer
// a column.
const toggle = (row, button, host) => {
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) row.nextElementSibling.remove();
  else row.after(make("tr", { class: "panel" }, make("td", { colspan: "4" }, ...panel(host))));
};
const span = ([first, length]) => (length === 1 ? data.snapshots[first][0]
  : `${data.snapshots[first][0]} ${DASH} ${data.snapshots[first + length - 1][0]}`);
const groups = (host) => {
  const found = new Map();
  tokens.forEach((token, place) => {
    const rulings = host[2].map((run) => {
      const [ruling, slot] = rulingOf(run[2], place);
      return isEarly(place, run[0] + run[1] - 1) ? "early" : `${ruling} ${slot}`;
    });
    const key = rulings.join("|");
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(place);
  });
  const own = chosen();
  return [...found.values()].sort((a, b) => b.includes(own) - a.includes(own) || a[0] - b[0]);
};
const named = (places) => {
  const own = chosen();
  const first = places.includes(own) ? [own, ...places.filter((one) => one !== own)] : places;
  const names = first.slice(0, 4).map((place) => tokens[place]).join(", ");
  return first.length > 4 ? `${names} and ${first.length - 4} more` : names;
};
const panel = (host) => {
  const evidence = make("div", { "aria-live": "polite" });
  const head = make("tr", {}, make("th", { scope: "col" }, "crawler"),
    ...host[2].map((run) => make("th", { scope: "col" }, span(run))));
  const rows = groups(host).map((places) => {
    const token = places.includes(chosen()) ? chosen() : places[0];
    return make("tr", {}, make("td", {}, named(places)), ...host[2].map((run) => {
      if (isEarly(token, run[0] + run[1] - 1)) return make("td", { class: "soft" }, "not yet");
      const [ruling] = rulingOf(run[2], token);
      const cell = make("button", { type: "button", class: "cell", "aria-pressed": "false" },
        data.rulings[ruling][0] + (isEarly(token, run[0])
          ? ` from ${countedFrom(run, token)}` : ""));
      cell.addEventListener("click", () => {
        evidence.parentElement.querySelectorAll(".cell").forEach((one) =>
          one.setAttribute("aria-pressed", String(one === cell)));
        evidence.replaceChildren(proof(host, run, token));
      });
      return make("td", {}, cell);
    }));
  });
  const table = make("table", {}, make("caption", {}, `Timeline of ${host[0]}`),
    make("thead", {}, head), make("tbody", {}, ...rows));
  return [make("div", { class: "scroll" }, table), evidence];
};
const AUTHORS = { own: "rules of no known template", wildcard: "a group for all crawlers" };
const proof = (host, run, token) => {
  const [ruling, slot] = rulingOf(run[2], token);
  const [restriction, basis, open, author, text] = data.rulings[ruling];
  const at = data.snapshots[run[0]][0];
  const paragraphs = [`${tokens[token]} at ${host[0]}: ${restriction} (${basis}), ${
    open === null ? "unknown whether / is blocked" : open ? "/ is allowed" : "/ is blocked"}`];
  const box = make("div", { class: "evidence" });
  if (slot >= 0) {
    box.append(make("p", {}, `Line ${run[3][slot]} decided: `, make("code", {}, text)));
  } else if (text) paragraphs.push(`No rules were read: ${text}.`);
  else if (open === null || restriction !== "none") {
    paragraphs.push("The text is not at hand, so that its line cannot be shown.");
  } else paragraphs.push("No rule blocks a path.");
  if (author) paragraphs.push(`Written by: ${AUTHORS[author] || `the template ${author}`}.`);
  const since = run[1] === 1 ? "" : `, the first of ${run[1]} captures with this answer`;
  paragraphs.push(run.length > 4
    ? `Archived in ${data.folders[run[4]]}${run[5]} at offset ${run[6]}, length ${run[7]} (${at}${
      since}).` : `No WARC file is known for ${at}.`);
  if (isEarly(token, run[0])) {
    const from = countedFrom(run, token);
    paragraphs.push(`Counted from ${from} on; the crawler was not documented before.`);
  }
  if (data.leftOut[at]) paragraphs.push(`${at} counts in no share: ${data.leftOut[at]}.`);
  const [head, ...rest] = paragraphs;
  box.prepend(make("p", {}, make("b", {}, head)));
  box.append(...rest.map((one) => make("p", {}, one)), make("p", { class: "soft" },
    make("code", {}, `crawlblock explain ${host[0]} "${tokens[token]}" --at ${at}`)));
  return box;
};

const more = (event) => { event.preventDefault(); shownAtMost = 50; list(); };
by("host-form").addEventListener("submit", more);
by("host-search").addEventListener("input", more);
by("host-filter").addEventListener("change", more);
by("host-more").addEventListener("click", () => { shownAtMost += 200; list(); });
const key = document.querySelector(".key");
for (const word of ["full", "all_but", "partial", "none", "unknown"]) {
  key.append(make("i", { class: word }), word);
}
choice.addEventListener("change", list);
unpack(by("host-data").textContent).then((hosts) => {
  Object.assign(data, hosts);
  tokens = data.tokens.map(([token]) => token);
  list();
}, () => {
  by("host-count").textContent = "this browser cannot unpack the hosts; a newer one can, and "
    + "crawlblock timeline HOST prints the same";
});
