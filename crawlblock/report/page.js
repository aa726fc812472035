// Draws the figures, lets one crawler be chosen, and opens hosts. All text is set as text.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const by = (id) => document.getElementById(id);
  const DASH = "\u2013";
  const WORDS = { full: "full", all_but: "all_but", partial: "partial", none: "none",
    unknown: "unknown", early: "not yet documented" };
  root.dataset.live = "";

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const percent = (share) => (share === null ? DASH : `${(share * 100).toFixed(1)} %`);
  const interval = (low, high) => (low === null || high === null ? DASH
    : `${(low * 100).toFixed(1)}${DASH}${(high * 100).toFixed(1)} %`);
  const count = (number) => number.toLocaleString("en-US");

  // Theme: what the system says, until a reader says otherwise.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = by("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    nameTheme();
  });
  dark.addEventListener("change", nameTheme);
  nameTheme();

  // Figures
  const tip = make("div", { id: "tip", hidden: "" });
  document.body.append(tip);
  const LABELS = { estimate: "share", low: null, high: null, n_unknown: "unknown",
    n_hosts: "hosts", n_changed: "hosts" };
  const told = (value) => {
    const lines = [];
    for (const [name, found] of Object.entries(value)) {
      if (LABELS[name] === null) continue;
      if (name === "title") lines.push(found);
      else if (name === "name") lines.unshift(found);
      else if (name === "snapshot") lines.push(found);
      else if (name === "estimate") {
        const ends = value.low === undefined ? "" : ` (${interval(+value.low, +value.high)})`;
        lines.push(percent(+found) + ends);
      } else lines.push(`${LABELS[name] || name} ${count(+found)}`);
    }
    return lines.join("\n");
  };
  const showTip = (_, event, __, value) => {
    tip.hidden = !value;
    if (!value) return;
    tip.textContent = told(value);
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
  const state = { crawler: by("crawler-choice").value, shown: 50, views: new Map() };
  const rowsOf = (figure) => figure.rows[figure.byCrawler ? state.crawler : ""] || [];
  const marksOf = (layer, figure) => layer.data.values.concat(
    figure.byCrawler ? data.announced.filter((mark) => mark.tokens.includes(state.crawler)) : []);

  const draw = (figure) => {
    const place = by(`${figure.id}-chart`);
    const spec = structuredClone(figure.spec);
    spec.data.values = objects(figure, rowsOf(figure));
    for (const layer of spec.layer) {
      if (layer.data && layer.data.name === "marks") {
        figure.marks = layer;
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
      state.views.set(figure.id, view);
    }, (error) => { box.remove(); throw error; });
  };
  const base = new Map(data.figures.map((figure) => [figure.id, figure.spec.layer.find(
    (layer) => layer.data && layer.data.name === "marks")]));
  const redraw = (figure) => {
    const view = state.views.get(figure.id);
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
    if (figure.told === state.crawler || !body.closest("details").open) return;
    figure.told = state.crawler;
    body.replaceChildren(...objects(figure, rowsOf(figure)).map((row) =>
      make("tr", {}, ...figure.columns.map((column) => make("td", {}, cellOf(column, row))))));
  };
  for (const figure of data.figures.filter((one) => one.byCrawler)) {
    figure.told = state.crawler;
    by(`${figure.id}-rows`).closest("details").addEventListener("toggle", () => retable(figure));
  }
  const note = () => {
    const operator = data.operators[state.crawler];
    const lacking = data.figures.filter((figure) => figure.byCrawler && !rowsOf(figure).length);
    by("crawler-note").textContent = [operator, lacking.length
      ? `no rows in ${lacking.map((figure) => figure.id).join(", ")}` : ""].filter(Boolean)
      .join("; ");
  };
  by("crawler-choice").addEventListener("change", (event) => {
    state.crawler = event.target.value;
    for (const figure of data.figures.filter((one) => one.byCrawler)) {
      figure.stale = true;
      if (figure.near) refresh(figure);
      retable(figure);
    }
    document.querySelectorAll(".whose").forEach((one) => { one.textContent = state.crawler; });
    note();
    list();
  });

  // Hosts
  const unpack = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(plain).text());
  };
  let tokens = [];
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
      title: `${data.snapshots[place][0]}: ${WORDS[word] || word}` })));
    const row = make("tr", {}, make("td", {}, button), make("td", {}, host[1]),
      make("td", {}, WORDS[cells[cells.length - 1]] || ""), make("td", {}, strip));
    button.addEventListener("click", () => toggle(row, button, host));
    return row;
  };
  const list = () => {
    const word = by("host-search").value.trim().toLowerCase();
    const filter = by("host-filter").value;
    const token = chosen();
    const found = data.hosts.filter((host) => matches(host, word, filter, token));
    const shown = found.slice(0, state.shown);
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
          data.rulings[ruling][0]);
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
  const AUTHORS = { own: "a text of no known template", wildcard: "a group for all crawlers" };
  const proof = (host, run, token) => {
    const [ruling, slot] = rulingOf(run[2], token);
    const [restriction, basis, open, author, text] = data.rulings[ruling];
    const at = data.snapshots[run[0]][0];
    const paragraphs = [`${tokens[token]} at ${host[0]}: ${restriction} (${basis}), ${
      open === null ? "it cannot be told whether / is open" : open ? "/ is open" : "/ is refused"}`];
    const box = make("div", { class: "evidence" });
    if (slot >= 0) {
      box.append(make("p", {}, `Line ${run[3][slot]} decided: `, make("code", {}, text)));
    } else if (text) paragraphs.push(`No rules were read: ${text}.`);
    else paragraphs.push("No rule refuses a path to it.");
    if (author) paragraphs.push(`Written by: ${AUTHORS[author] || `the template ${author}`}.`);
    const since = run[1] === 1 ? "" : `, the first of ${run[1]} captures with this answer`;
    paragraphs.push(run.length > 4
      ? `Archived in ${data.folders[run[4]]}${run[5]} at offset ${run[6]}, length ${run[7]} (${at}${
        since}).` : `No WARC file is known for ${at}.`);
    if (data.leftOut[at]) paragraphs.push(`${at} counts in no share: ${data.leftOut[at]}.`);
    const [head, ...rest] = paragraphs;
    box.prepend(make("p", {}, make("b", {}, head)));
    box.append(...rest.map((one) => make("p", {}, one)), make("p", { class: "soft" },
      make("code", {}, `crawlblock explain ${host[0]} "${tokens[token]}" --at ${at}`)));
    return box;
  };

  const more = (event) => { event.preventDefault(); state.shown = 50; list(); };
  by("host-form").addEventListener("submit", more);
  by("host-search").addEventListener("input", more);
  by("host-filter").addEventListener("change", more);
  by("host-more").addEventListener("click", () => { state.shown += 200; list(); });
  const key = document.querySelector(".key");
  for (const word of ["full", "all_but", "partial", "none", "unknown"]) {
    key.append(make("i", { class: word }), WORDS[word]);
  }
  note();
  unpack(by("host-data").textContent).then((hosts) => {
    Object.assign(data, hosts);
    tokens = data.tokens.map(([token]) => token);
    list();
  });
})();
