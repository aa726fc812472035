// Draws the figures, and their tables, of the crawler that is chosen.
const tip = make("div", { id: "tip", hidden: "" });
document.body.append(tip);
const LABELS = { estimate: "share", low: null, high: null, n_unknown: "unknown",
  n_yes: "hosts" };
const shown = (value) => {
  const lines = [];
  for (const [name, found] of Object.entries(value)) {
    if (LABELS[name] === null) continue;
    if (name === "title") lines.push(found);
    else if (name === "name") lines.unshift(found);
    else if (name === "snapshot") lines.push(found);
    else if (name === "estimate") {
      const drawn = [value.low, value.high].every((end) => end !== undefined && isFinite(end));
      const ends = drawn ? ` (${interval(+value.low, +value.high)})` : "";
      lines.push(percent(+found) + ends);
    } else lines.push(`${LABELS[name] || name} ${count(+found)}`);
  }
  return lines.join("\n");
};
const showTip = (_, event, __, value) => {
  tip.hidden = !value;
  if (!value) return;
  tip.textContent = shown(value);
  const x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const y = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8);
  tip.style.left = `${Math.max(4, x)}px`;
  tip.style.top = `${Math.max(4, y)}px`;
};

const objects = (figure, rows) => rows.map((row) => {
  const made = {};
  figure.fields.forEach((field, place) => { made[field] = row[place]; });
  [made.snapshot, made.date] = data.snapshots[row[0]];
  return made;
});
const views = new Map();
const rowsOf = (figure) => figure.rows[figure.byCrawler ? state.crawler : ""] || [];
const marksOf = (layer, figure) => layer.data.values.concat(
  figure.byCrawler ? data.announced.filter((mark) => mark.tokens.includes(state.crawler)) : []);

const draw = (figure) => {
  const place = by(`${figure.id}-chart`);
  const drawn = state.crawler;
  const spec = structuredClone(figure.spec);
  spec.data.values = objects(figure, rowsOf(figure));
  for (const layer of spec.layer) {
    if (layer.data && layer.data.name === "marks") {
      layer.data = { name: "marks", values: marksOf(layer, figure) };
    }
  }
  if (place.clientWidth < 560) {
    spec.config.legend.columns = 1;
    spec.config.axis.labelFontSize = 11;
  }
  const box = make("div", { class: "live" });
  const still = [...place.children];
  place.append(box);
  return vegaEmbed(box, spec, { actions: false, renderer: "svg", ast: true,
    defaultStyle: false, tooltip: showTip }).then(({ view }) => {
    still.forEach((one) => one.remove());
    views.set(figure.id, view);
    if (state.crawler !== drawn) redraw(figure);  // another one was chosen meanwhile
  }, (error) => { box.remove(); throw error; });
};
const base = new Map(data.figures.map((figure) => [figure.id, figure.spec.layer.find(
  (layer) => layer.data && layer.data.name === "marks")]));
const redraw = (figure) => {
  const view = views.get(figure.id);
  if (!view) return;
  view.data("rows", objects(figure, rowsOf(figure)));
  if (base.get(figure.id)) view.data("marks", marksOf(base.get(figure.id), figure));
  view.run();
};
// Figures out of sight wait: they are drawn, and drawn anew, when they come near.
const places = new Map(data.figures.map((figure) => [by(`${figure.id}-chart`), figure]));
const refresh = (figure) => {
  if (!figure.drawn) draw(figure);
  else if (figure.stale) redraw(figure);
  figure.drawn = true;
  figure.stale = false;
};
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const figure = places.get(entry.target);
    figure.near = entry.isIntersecting;
    if (figure.near) refresh(figure);
  }
}, { rootMargin: "100px" });
places.forEach((_, place) => watch.observe(place));
addEventListener("beforeprint", () => data.figures.filter((one) => one.stale).forEach(refresh));

const cellOf = ([kind, field], row) => {
  if (kind === "interval") return interval(row.low, row.high);
  const value = row[field];
  if (value === null) return DASH;
  return kind === "share" ? percent(value) : kind === "count" ? count(value) : value;
};
const retable = (figure) => {
  const body = by(`${figure.id}-rows`).tBodies[0];
  if (figure.listed === state.crawler || !body.closest("details").open) return;
  figure.listed = state.crawler;
  body.replaceChildren(...objects(figure, rowsOf(figure)).map((row) =>
    make("tr", {}, ...figure.columns.map((column) => make("td", {}, cellOf(column, row))))));
};
for (const figure of data.figures.filter((one) => one.byCrawler)) {
  figure.listed = state.crawler;
  by(`${figure.id}-rows`).closest("details").addEventListener("toggle", () => retable(figure));
}
const note = () => {
  const operator = data.operators[state.crawler];
  const lacking = data.figures.filter((figure) => figure.byCrawler && !rowsOf(figure).length);
  by("crawler-note").textContent = [operator, lacking.length
    ? `no rows in ${lacking.map((figure) => figure.id).join(", ")}` : ""].filter(Boolean)
    .join("; ");
};
choice.addEventListener("change", () => {
  for (const figure of data.figures.filter((one) => one.byCrawler)) {
    figure.stale = true;
    if (figure.near) refresh(figure);
    retable(figure);
  }
  note();
});
note();
