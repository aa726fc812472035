// The figures of the crawler that is chosen: drawings, tables, tips, and what a reader takes along.
const tip = make("div", { id: "tip", role: "status", hidden: "" });
document.body.append(tip);
const objects = (figure, rows) => rows.map((row) => {
  const made = {};
  figure.fields.forEach((field, place) => { made[field] = row[place]; });
  if (figure.fields[0] === "snapshot") [made.snapshot, made.date] = data.snapshots[row[0]];
  made.segment = figure.spec.panels[made.panel];
  made.name = figure.spec.series[made.series].name;
  return made;
});
const tokenOf = (figure) => (figure.byCrawler ? state.crawler : "");
const rowsOf = (figure) => figure.rows[tokenOf(figure)] || [];
const parsed = (text) => document.adoptNode(
  new DOMParser().parseFromString(text, "image/svg+xml").documentElement);

// Tips: the snapshot nearest to the pointer, or chosen with the arrow keys, with all its series.
const dated = (figure, place) => {
  const [mine, , , frame] = framed(figure.spec, figure.shown, place);
  const days = [...new Set(mine.map((row) => row.date))].sort(after);
  return { mine, frame, days };
};
const saidAt = (figure, rows) => rows.map((row) => {
  const [low, high] = endsOf(row);
  const kind = row.low === null && low ? ", as a sample" : "";
  const ends = figure.banded && low !== null && low !== undefined
    ? ` (${interval(low, high)}${kind})` : "";
  const hosts = row.n_yes === undefined ? `n ${count(row.n)}, unknown ${count(row.n_unknown)}`
    : `${count(row.n_yes)} hosts`;
  return `${row.name}: ${figure.spec.kind === "changes" ? "" : `${percent(row.estimate)}${ends}; `}`
    + hosts;
});
const showTip = (figure, svg, place, day) => {
  const { mine, frame } = dated(figure, place);
  const found = mine.filter((row) => row.date === day);
  found.sort((a, b) => b.estimate - a.estimate);
  const x = frame.x(dayOf(day));
  svg.querySelectorAll(".at").forEach((one) => one.remove());
  const line = parsed(`<svg xmlns="http://www.w3.org/2000/svg">${
    ruleAt(x, frame.top, x, frame.bottom, INK)}</svg>`).firstChild;
  line.classList.add("at");
  svg.append(line);
  tip.textContent = [`${found[0].snapshot}, ${day}`, ...saidAt(figure, found)].join("\n");
  tip.hidden = false;
  const box = svg.getBoundingClientRect();
  const scale = box.width / figure.spec.width;
  const left = Math.min(box.left + x * scale + 14, innerWidth - tip.offsetWidth - 8);
  const top = Math.min(box.top + frame.top * scale, innerHeight - tip.offsetHeight - 8);
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, top)}px`;
};
const hideTip = (svg) => {
  tip.hidden = true;
  svg.querySelectorAll(".at").forEach((one) => one.remove());
};
const nearest = (figure, svg, place, clientX) => {
  const { frame, days } = dated(figure, place);
  const box = svg.getBoundingClientRect();
  const x = (clientX - box.left) / box.width * figure.spec.width;
  const far = (day) => Math.abs(frame.x(dayOf(day)) - x);
  return days.reduce((best, day) => (far(day) < far(best) ? day : best), days[0]);
};
const listen = (figure, svg, place) => {
  if (figure.spec.kind === "dots") return;  // they have no snapshots, and say their numbers
  svg.setAttribute("tabindex", "0");
  const point = (event) => {
    const day = nearest(figure, svg, place, event.clientX);
    if (day) showTip(figure, svg, place, day);
  };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") hideTip(svg);
  });
  svg.addEventListener("blur", () => hideTip(svg));
  svg.addEventListener("keydown", (event) => {
    const { days } = dated(figure, place);
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") hideTip(svg);
    if (!way || !days.length) return;
    event.preventDefault();
    const last = days.includes(svg.dataset.day) ? days.indexOf(svg.dataset.day) + way
      : days.length - 1;
    svg.dataset.day = days[Math.min(days.length - 1, Math.max(0, last))];
    showTip(figure, svg, place, svg.dataset.day);
  });
};

// The main figure highlights the chosen crawler too, with the rows of the figure by segment.
const CHOSEN = "#2a7f62";
const lit = (figure) => {
  figure.shown = objects(figure, rowsOf(figure));
  const base = figure.spec;
  const place = base.series.findIndex((each) => each.name === state.crawler);
  if (figure.id !== "blocked" || (place >= 0 && base.series[place].bold)) return base;
  const chosen = { name: state.crawler, colour: CHOSEN, bold: true };
  if (place >= 0) return { ...base, series: base.series.with(place, chosen) };
  const other = data.figures.find((each) => each.id === "blocked_by_segment");
  if (!other) return base;
  const added = objects(other, other.rows[state.crawler] || []).map((row) => ({ ...row,
    panel: row.series, segment: base.panels[row.series], series: base.series.length,
    name: state.crawler }));
  figure.shown = figure.shown.concat(added);
  return { ...base, series: base.series.concat(chosen) };
};
const plain = (figure) => by(`${figure.id}-figure`);
const drawNotes = (figure, spec) => {
  const listed = plain(figure).querySelector(".notes");
  listed.replaceChildren(...notesOf(spec, figure.shown, tokenOf(figure)).map(([said, source]) => {
    const item = make("li", {}, `${said} `);
    if (source && /^https?:\/\//.test(source)) {
      item.append(make("a", { href: source, rel: "noreferrer" }, "source"));
    }
    return item;
  }));
  const legend = plain(figure).querySelector(".legend");
  if (!legend) return;
  legend.replaceChildren(...levelsOf(spec, figure.shown).map((level) => {
    const swatch = parsed('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12" width="12" '
      + `height="12" aria-hidden="true"><rect width="12" height="12" fill="${level.colour}" `
      + `stroke="${SOFT}"/></svg>`);
    return make("li", {}, swatch, ` ${level.letter}: ${level.name}`);
  }));
};
const showBands = (figure) => plain(figure).querySelectorAll(".band").forEach((one) => {
  if (figure.banded) one.removeAttribute("display");
  else one.setAttribute("display", "none");
});
const draw = (figure) => {
  const spec = lit(figure);
  const place = by(`${figure.id}-chart`);
  place.replaceChildren(...spec.panels.map((_, number) => {
    const svg = parsed(panelOf(spec, figure.shown, number, tokenOf(figure)));
    listen(figure, svg, number);
    return svg;
  }));
  drawNotes(figure, spec);
  showBands(figure);
};

// What a reader takes along is made of the data in the page: a page that was mailed has no files.
const given = (name, kind, content) => {
  const made = URL.createObjectURL(new Blob([content], { type: kind }));
  make("a", { href: made, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(made), 1000);
};
const csvOf = (figure) => {
  const head = figure.fields.filter((field) => !["snapshot", "panel", "series"].includes(field));
  if (figure.fields[0] === "snapshot") head.unshift("snapshot", "date", "segment", "name");
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = figure.shown.map((row) => head.map((name) => cell(row[name])).join(","));
  return `${[head.join(","), ...lines].join("\r\n")}\r\n`;
};
const pictured = (figure, name) => {
  const text = sheetOf(lit(figure), figure.shown, tokenOf(figure));
  const [, wide, high] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(text).map(Number);
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = make("canvas", { width: String(2 * wide), height: String(2 * high) });
    canvas.getContext("2d").drawImage(image, 0, 0, 2 * wide, 2 * high);
    canvas.toBlob((blob) => given(name, "image/png", blob), "image/png");
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
};
const takes = {
  SVG: (figure, name) => given(name, "image/svg+xml",
    sheetOf(lit(figure), figure.shown, tokenOf(figure))),
  PNG: (figure, name) => pictured(figure, name),
  CSV: (figure, name) => given(name, "text/csv", csvOf(figure)),
};

const cellOf = ([kind, field], row) => {
  if (kind === "interval") return interval(row.low, row.high);
  const value = row[field];
  if (value === null) return DASH;
  return ({ share: percent, count, points: pointsOf }[kind] || String)(value);
};
const MOST_ROWS = 200;
const retable = (figure) => {
  const body = by(`${figure.id}-rows`).tBodies[0];
  if (figure.listed === state.crawler || !body.closest("details").open) return;
  figure.listed = state.crawler;
  body.replaceChildren(...objects(figure, rowsOf(figure)).slice(-MOST_ROWS).map((row) =>
    make("tr", {}, ...figure.columns.map((column) => make("td", {}, cellOf(column, row))))));
};
const note = () => {
  const operator = data.operators[state.crawler];
  const lacking = data.figures.filter((figure) => figure.byCrawler && !rowsOf(figure).length);
  by("crawler-note").textContent = [operator, lacking.length
    ? `no rows in ${lacking.map((figure) => figure.spec.title).join(", ")}` : ""]
    .filter(Boolean).join("; ");
};
// Figures out of sight wait: they are drawn anew when they come near.
const places = new Map(data.figures.map((figure) => [by(`${figure.id}-chart`), figure]));
const refresh = (figure) => {
  if (figure.stale) draw(figure);
  figure.stale = false;
};
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const figure = places.get(entry.target);
    figure.near = entry.isIntersecting;
    if (figure.near) refresh(figure);
  }
}, { rootMargin: "200px" });
for (const figure of data.figures) {
  figure.listed = figure.first = state.crawler;
  figure.shown = objects(figure, rowsOf(figure));
  by(`${figure.id}-chart`).querySelectorAll("svg").forEach((svg, place) =>
    listen(figure, svg, place));
  plain(figure).querySelectorAll("[data-take]").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      refresh(figure);
      takes[link.dataset.take](figure, link.getAttribute("href"));
    });
  });
  const asked = plain(figure).querySelector(".intervals");
  if (asked) {
    asked.addEventListener("change", () => {
      figure.banded = asked.checked;
      showBands(figure);
    });
  }
  by(`${figure.id}-rows`).closest("details").addEventListener("toggle", () => retable(figure));
}
places.forEach((_, place) => watch.observe(place));
addEventListener("beforeprint", () => data.figures.forEach(refresh));
choice.addEventListener("change", () => {
  for (const figure of data.figures) {
    figure.stale = figure.byCrawler || figure.id === "blocked";
    if (figure.near) refresh(figure);
    if (figure.byCrawler) retable(figure);
  }
  note();
});
note();
// A table that is wider than its box says that it scrolls.
const wide = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  const box = target.closest(".scroll");
  if (box.scrollWidth > box.clientWidth + 1) box.dataset.wide = "";
  else delete box.dataset.wide;
}));
document.querySelectorAll(".scroll, .scroll > table").forEach((one) => wide.observe(one));
