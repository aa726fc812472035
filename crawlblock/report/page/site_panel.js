// A site's heat map: crawlers that are treated alike share a row, snapshots with the same answer a
// cell.  A cell opens its evidence in the row below.
const columns = () => [...by("host-table").tHead.rows[0].cells].filter((cell) =>
  getComputedStyle(cell).display !== "none").length;  // a narrow screen shows fewer
addEventListener("resize", () => document.querySelectorAll(".panel > td").forEach((cell) => {
  cell.colSpan = columns();
}));
const toggle = (row, button, host) => {
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) {
    row.nextElementSibling.remove();
    return false;
  }
  const map = heatMap(host);
  row.after(make("tr", { class: "panel" }, make("td", { colspan: columns() }, map)));
  map.scrollLeft = map.scrollWidth;
  return true;
};
// The runs of a site with the snapshots in which its segment was followed.
const runsOf = (host) => {
  const dates = datesOf(host);
  return host[2].map((run) => ({ run,
    places: dates.filter((place) => place >= run[0] && place < run[0] + run[1]) }))
    .filter(({ places }) => places.length);
};
const span = (places) => {
  const [first, last] = [places[0], places[places.length - 1]].map((k) => data.snapshots[k][0]);
  return first === last ? first : `${first} ${DASH} ${last}`;
};
const folded = (runs) => {
  const found = new Map();
  tokens.forEach((_, place) => {
    const key = runs.map(({ run, places }) => {
      const early = places.filter((k) => isEarly(place, k)).length;
      return early === places.length ? "early" : `${early} ${rulingOf(run[2], place)}`;
    }).join("|");
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(place);
  });
  const rank = (group) => Math.min(...group.map(weight));
  return [...found.values()].sort((a, b) => rank(a) - rank(b) || b.length - a.length
    || a[0] - b[0]);
};
// The chosen crawler comes first, then those of the main chart.
const weight = (place) => (place === chosen() ? -1
  : (data.preloaded.indexOf(tokens[place]) + 1 || data.preloaded.length + 1));
const names = (places) => {
  const all = [...places].sort((a, b) => weight(a) - weight(b)).map((place) => tokens[place]);
  if (all.length < 4) return make("span", {}, all.join(", "));
  return make("details", {},
    make("summary", {}, `${all.slice(0, 2).join(", ")} and ${all.length - 2} more`),
    all.slice(2).join(", "));
};
const years = (runs) => {
  const cells = [];
  for (const place of runs.flatMap(({ places }) => places)) {
    const year = data.snapshots[place][1].slice(0, 4);
    const last = cells[cells.length - 1];
    if (last && last[0] === year) last[1] += 1;
    else cells.push([year, 1]);
  }
  return cells.map(([year, width]) => make("th", { scope: "colgroup", colspan: String(width) },
    year));
};
const heatMap = (host) => {
  const runs = runsOf(host);
  const width = runs.reduce((sum, { places }) => sum + places.length, 0);
  const rows = folded(runs).map((group) => {
    const [token] = [...group].sort((a, b) => weight(a) - weight(b));
    const row = make("tr", {}, make("th", { scope: "row" }, names(group)));
    for (const { run, places } of runs) {
      const counted = places.filter((place) => !isEarly(token, place));
      const early = places.length - counted.length;
      if (early) row.append(make("td", { colspan: String(early), class: "early", title:
        "not yet documented" }, make("span", { class: "hidden" }, "not yet documented")));
      if (counted.length) row.append(cellOf(host, run, counted, token, width));
    }
    return row;
  });
  const head = make("tr", {}, make("th", { scope: "col" }, "crawler"), ...years(runs));
  const dates = span(runs.length ? [runs[0].places[0], ...runs[runs.length - 1].places] : [0]);
  return make("div", { class: "scroll heat", tabindex: "0", role: "region",
    "aria-label": `History of ${host[0]}` }, make("table", {},
    make("caption", {}, make("span", {}, make("bdi", {}, host[0]), `: ${count(width)} snapshots, `
      + `${dates}. Select a cell for the evidence.`)),
    make("thead", {}, head), make("tbody", {}, ...rows)));
};
const cellOf = (host, run, places, token, width) => {
  const [word] = data.rulings[rulingOf(run[2], token)[0]];
  const said = `${tokens[token]}, ${span(places)}: ${worded(word)}`;
  const button = make("button", { type: "button", class: `cell ${word}`, "aria-expanded": "false",
    "aria-label": said, title: said }, LETTERS[word]);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "true";
    const body = button.closest("tbody");
    body.querySelectorAll(".below").forEach((one) => one.remove());
    body.querySelectorAll(".cell").forEach((one) => one.setAttribute("aria-expanded", "false"));
    if (open) return;
    button.setAttribute("aria-expanded", "true");
    const box = proof(host, run, token, places);
    button.closest("tr").after(make("tr", { class: "below" },
      make("td", { colspan: String(width + 1) }, box)));
    box.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  return make("td", { colspan: String(places.length) }, button);
};

// The evidence for one verdict.
const MEANINGS = { full: "nothing may be fetched", partial: "some paths are blocked",
  all_but: "only what an Allow rule opens may be fetched", none: "no path is blocked",
  unknown: "we do not know what is blocked" };
const BASES = { named: "a group names the crawler", wildcard: "the group for all crawlers",
  fallback: "a group for another crawler, which this one obeys too", default: "no group applies to it",
  http: "the HTTP status decided", absent: "there is no robots.txt" };
const lines = ([decided, agents, ...blocks], token) => {
  const code = make("pre", { class: "lines", tabindex: "0", role: "region", "aria-label":
    "The group, with the line that decided" });
  const wide = String(Math.max(...blocks.map((block) => block[0] + block.length))).length;
  const own = new RegExp(`^user-?agent\\s*:\\s*${RegExp.escape ? RegExp.escape(token)
    : token.replace(/[^\w]/g, "\\$&")}(?![\\w-])`, "i");
  let hidden = 0;
  let last = 0;
  const skip = () => { if (hidden) code.append(`${" ".repeat(wide)}  … ${hidden} lines\n`); hidden = 0; };
  for (const [first, ...texts] of blocks) {
    if (last && first > last + 1) hidden += first - last - 1;
    texts.forEach((number, place) => {
      const at = first + place;
      const text = data.texts[number];
      const agent = /^user-?agent/i.test(text);
      last = at;
      if (agents > 6 && agent && at !== decided && !own.test(text) && at > blocks[0][0] + 1) {
        hidden += 1;
        return;
      }
      skip();
      const row = `${String(at).padStart(wide)}  ${text}`;
      code.append(at === decided ? make("mark", {}, `${row}  ← decided`) : row, "\n");
    });
  }
  skip();
  return code;
};
// A word of a command as a shell takes it; imported files may name snapshots in any way.
const shell = (word) => (/^[\w./:@%+=,-]+$/.test(word) ? word
  : `'${word.replaceAll("'", "'\\''")}'`);
const link = (text, href) => make("a", { href, rel: "noreferrer" }, text);
const record = (host, run) => {
  const [index, why] = data.records[run[0]];
  if (run.length < 6) return [make("p", {}, "We know of no archived record.")];
  const [folder, name, offset, length] = run.slice(5);
  const file = `${data.folders[folder]}${name}`;
  const place = `${file}, offset ${offset}, length ${length}`;
  if (!index || !file.startsWith("crawl-data/")) return [make("p", {}, `${why} Record: `, make("code", {}, place), ".")];
  const url = `https://data.commoncrawl.org/${file}`;
  return [make("p", {}, "Archived record: ",
    link("entry in Common Crawl's index", `${index}?url=${encodeURIComponent(
      `${host[0]}/robots.txt`)}&output=json`), ", ", link("WARC file", url),
    `, offset ${offset}, length ${length}. This command reads it:`),
  make("pre", { class: "command", tabindex: "0" },
    `curl -s -r ${offset}-${offset + length - 1} ${shell(url)} | gunzip`)];
};
const proof = (host, run, token, places) => {
  const [ruling, slot] = rulingOf(run[2], token);
  const [restriction, basis, open, author, text] = data.rulings[ruling];
  const at = data.snapshots[run[0]][0];
  const rooted = open === null ? "We do not know whether / is blocked."
    : open ? "/ is allowed." : "/ is blocked.";
  const box = make("div", { class: "evidence" });
  const add = (...parts) => box.append(make("p", {}, ...parts));
  add(make("b", {}, `${tokens[token]} at `, make("bdi", {}, host[0]),
    `, ${span(places)}: ${worded(restriction)}`));
  add(`${MEANINGS[restriction] || restriction}; ${BASES[basis] || basis}. ${rooted}`);
  const notes = data.notes[run[4]].filter(([, , whom]) => !whom || whom.includes(token));
  if (notes.some(([kind]) => kind === "reconstructed")) {
    add("The lines below are reconstructed. They mean what the site's own file meant, but are not "
      + "its words.");
  }
  if (slot >= 0) {
    const context = data.contexts[run[3][slot]];
    add(`Line ${context[0]} decided. Its group has ${count(context[1])} user agent${
      context[1] === 1 ? "" : "s"}.`);
    box.append(lines(context, tokens[token]));
  } else if (text) add(`No rules were read: ${text}.`);
  else if (open === null || restriction !== "none") {
    add("The file is not stored here, so the page cannot show its line.");
  } else add("No rule blocks a path.");
  if (author) add(`Written by: ${data.authors[author] || author}.`);
  const listed = (title, kind) => {
    const found = notes.filter(([one]) => one === kind);
    if (found.length) box.append(make("p", {}, title), make("ul", {},
      ...found.map(([, said]) => make("li", {}, said))));
  };
  listed("Signals in addition to the rules:", "signal");
  listed("Flags:", "flag");
  if (run[1] > 1) add(`${at} is the first of ${run[1]} captures in a row with this answer.`);
  if (data.leftOut[at]) add(`${at} is left out of all shares: ${data.leftOut[at]}.`);
  box.append(...record(host, run), make("pre", { class: "command", tabindex: "0" },
    `crawlblock explain ${[host[0], tokens[token]].map(shell).join(" ")} --at ${shell(at)}`));
  return box;
};
