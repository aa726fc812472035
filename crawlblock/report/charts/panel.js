// Draws the panels of a chart as shapes.py, scales.py, specs.py, panel.py and sheet.py do.
const [INK, SOFT, RULE, PAPER, SPAN, GREY] =
  ["#1d1f21", "#5f6468", "#dcdfe2", "#ffffff", "#eceef0", "#868c92"];
const BEFORE = 60;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MARKUP = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
const quoted = (text) => String(text).replace(/[&<>"']/g, (sign) => MARKUP[sign]);
const tenth = (value) => String(Math.floor(value * 10 + 0.5) / 10 + 0);
const most = (values, least = 0) => values.reduce((a, b) => Math.max(a, b), least);
const sum = (values) => values.reduce((a, b) => a + b, 0);
const after = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const byPoint = (a, b) => {  // as Python orders text
  const [one, other] = [[...a], [...b]].map((signs) => signs.map((sign) => sign.codePointAt(0)));
  const at = one.findIndex((sign, place) => sign !== other[place]);
  return at < 0 ? one.length - other.length : other[at] === undefined ? 1 : one[at] - other[at];
};

const textWidth = (text, size, bold) => {
  let units = 0;
  for (const sign of text) {
    if ("iljtfrI.,:;'|!()[] -".includes(sign)) units += 0.42;
    else if ("mwMW@%&".includes(sign)) units += 1.0;
    else if (sign >= "A" && sign <= "Z") units += 0.74;
    else units += sign.codePointAt(0) < 0x2e80 ? 0.64 : 1.05;
  }
  return units * size * (bold ? 1.1 : 1);
};
const fit = (text, size, limit, bold) => {
  if (textWidth(text, size, bold) <= limit) return text;
  const kept = [...text];
  while (kept.length && textWidth(`${kept.join("")}\u2026`, size, bold) > limit) kept.pop();
  return `${kept.join("")}\u2026`;
};
const wrapped = (text, size, limit) => {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    const longer = last ? `${last} ${word}` : word;
    if (!last || textWidth(longer, size) <= limit) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => fit(line, size, limit));
};
const ticksOf = (low, high, scale) => {
  let [step, place] = [1, 0];
  while ((high - low) * scale / step > 5 + 1e-9) {
    place += 1;
    step = [1, 2, 5][place % 3] * 10 ** Math.floor(place / 3);
  }
  const first = Math.floor(low * scale / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high * scale / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, place_) => step * (first + place_) + 0);
};
const dayOf = (iso) => Date.parse(iso) / 864e5;
const monthTicks = (first, last, width) => {
  const [start, end] = [new Date(first * 864e5), new Date(last * 864e5)];
  const month = (day) => day.getUTCFullYear() * 12 + day.getUTCMonth();
  const begin = month(start) + (start.getUTCDate() === 1 ? 0 : 1);
  let found = [];
  for (const step of [1, 2, 3, 6, 12, 24, 60, 120, 600]) {
    found = [];
    for (let each = begin; each <= month(end); each += 1) if (each % step === 0) found.push(each);
    if (found.length * 66 <= width) break;
  }
  if (!found.length) return [[first, `${MONTHS[start.getUTCMonth()]} ${start.getUTCFullYear()}`]];
  return found.map((each) => [Date.UTC(Math.floor(each / 12), each % 12, 1) / 864e5,
    `${MONTHS[each % 12]} ${Math.floor(each / 12)}`]);
};
const spread = (wanted, gap, low, high) => {
  const places = [];
  for (const place of wanted) {
    places.push(Math.max(place, places.length ? places[places.length - 1] + gap : low));
  }
  let ceiling = high;
  for (let index = places.length - 1; index >= 0; index -= 1) {
    places[index] = Math.min(places[index], ceiling);
    ceiling = places[index] - gap;
  }
  return places;
};
const merged = (marks, size) => {
  const groups = [];
  const middle = (group) => (group[0] + group[1]) / 2;
  const label = (group) => (group[2] === group[3] ? group[2] : `${group[2]}\u2013${group[3]}`);
  const wide = (group) => textWidth(label(group), size);
  for (const [place, said] of marks) {
    let made = [place, place, said, said];
    while (groups.length) {
      const last = groups[groups.length - 1];
      if (middle(made) - middle(last) >= (wide(made) + wide(last)) / 2 + 3) break;
      groups.pop();
      made = [last[0], made[1], last[2], made[3]];
    }
    groups.push(made);
  }
  return groups.map((group) => [middle(group), label(group)]);
};

const marksOf = (spec, rows, token) => {
  const times = new Map();
  for (const row of rows) {
    const day = dayOf(row.date);
    const [first, last] = times.get(row.panel) || [day, day];
    times.set(row.panel, [Math.min(first, day), Math.max(last, day)]);
  }
  const ends = [...times.values()];
  const breaks = spec.breaks.filter((each) => ends.some(([first, last]) =>
    dayOf(each.start) < last && dayOf(each.end) > first));
  const events = spec.events.filter((each) => (!token || each.tokens.includes(token))
    && ends.some(([first, last]) => first - BEFORE <= dayOf(each.date) && dayOf(each.date) <= last));
  return [breaks, events.map((each, place) => ({ ...each, label: String(place + 1) }))];
};
const levelsOf = (spec, rows) => {
  if (["lines", "dots"].includes(spec.kind)) return [];
  const found = new Set(rows.filter((row) => row.n_yes || row.estimate).map((row) => row.series));
  return spec.series.filter((_, place) => found.has(place));
};
const textAt = (x, y, said, { size = 11, colour = INK, anchor = "start", bold = false } = {}) =>
  `<text x="${tenth(x)}" y="${tenth(y)}" font-size="${tenth(size)}" fill="${colour}"`
  + `${anchor === "start" ? "" : ` text-anchor="${anchor}"`}${bold ? ' font-weight="600"' : ""}`
  + `>${quoted(said)}</text>`;
const ruleAt = (x, y, toX, toY, colour, dashes = "") =>
  `<path d="M${tenth(x)},${tenth(y)}L${tenth(toX)},${tenth(toY)}" stroke="${colour}"`
  + `${dashes ? ` stroke-dasharray="${dashes}"` : ""}/>`;

const extentOf = (spec, rows) => {
  if (spec.kind === "stack") return [0, 1];
  const values = spec.kind === "changes"
    ? rows.map((row) => (row.series ? -row.n_yes : row.n_yes)) : rows.map((row) => row.estimate);
  return [-most(values.map((value) => -value)), most(values)];
};
const widthOf = (days, span) => {
  const order = [...new Set(days)].sort((a, b) => a - b);
  const steps = order.slice(1).map((day, place) => day - order[place]);
  if (!steps.length) return 18;
  const least = Math.min(...steps);
  return Math.max(2, Math.min(18, 0.8 * (span - 20) * least / (order[order.length - 1] - order[0])));
};
const frameOf = (spec, mine, [low, high]) => {
  const days = mine.map((row) => dayOf(row.date));
  const shown = new Set(mine.map((row) => row.series));
  const names = spec.series.filter((_, place) => shown.has(place))
    .map((each) => textWidth(each.name, 11, each.bold));
  const right = spec.kind === "lines" ? 14 + Math.min(0.375 * spec.width, most(names)) : 0;
  const first = days.length ? Math.min(...days) : 0;
  const frame = { left: 46, right: spec.width - Math.max(34, right), top: 40,
    bottom: spec.height - 24, first, last: days.length ? Math.max(...days) : 0 };
  frame.wide = spec.kind === "lines" ? 0 : widthOf(days, frame.right - frame.left);
  const side = frame.wide ? frame.wide / 2 + 1 : 0;
  const share = (day) => (frame.last - first ? (day - first) / (frame.last - first) : 0.5);
  frame.x = (day) => frame.left + side + share(day) * (frame.right - frame.left - 2 * side);
  frame.y = (value) => frame.bottom - (value - low) / (high - low) * (frame.bottom - frame.top);
  return { ...frame, low, high };
};
const newestOf = (mine) => {
  const last = mine.reduce((found, row) => (row.date > found ? row.date : found), "");
  return [last, mine.filter((row) => row.date === last)];
};
const headingOf = (name, mine, width) => {
  const last = new Map(mine.map((row) => [row.series, row.n]));
  let counts = [...last.values()].filter((each) => each !== undefined).sort((a, b) => a - b);
  if (mine.length && !counts.length) counts = [sum(newestOf(mine)[1].map((row) => row.n_yes))];
  const ends = [...new Set(counts)].filter((_, place, all) => !place || place === all.length - 1);
  const said = counts.length ? `n = ${ends.map(count).join("\u2013")}` : "no data";
  const shown = fit(name, 13, width - textWidth(said, 11) - 12, true);
  return (shown && textAt(0, 13, shown, { size: 13, bold: true }))
    + textAt(width, 13, said, { anchor: "end", colour: SOFT });
};
const spansOf = (breaks, frame) => {
  let parts = "";
  const marks = [];
  for (const each of breaks) {
    const start = Math.max(dayOf(each.start), frame.first);
    const end = Math.min(dayOf(each.end), frame.last);
    if (start >= end) continue;
    const [left, right] = [frame.x(start), frame.x(end)];
    parts += `<rect x="${tenth(left)}" y="${tenth(frame.top)}" width="${tenth(right - left)}" `
      + `height="${tenth(frame.bottom - frame.top)}" fill="${SPAN}" stroke="${SOFT}" stroke-width="0.5"/>`;
    marks.push([(left + right) / 2, each.label]);
  }
  return parts + merged(marks, 10).map(([x, label]) =>
    textAt(x, frame.top - 3, label, { anchor: "middle", colour: SOFT, size: 10 })).join("");
};
const gridOf = (frame, marks, scale) => marks.map((mark) => {
  const y = frame.y(mark / scale);
  const said = scale === 100 ? `${mark} %` : count(mark);
  return ruleAt(frame.left, y, frame.right, y, mark === 0 ? SOFT : RULE)
    + textAt(frame.left - 6, y + 4, said, { anchor: "end", colour: SOFT });
}).join("") + monthTicks(frame.first, frame.last, frame.right - frame.left).map(([day, said]) => {
  const x = frame.x(day);
  return ruleAt(x, frame.bottom, x, frame.bottom + 4, SOFT)
    + textAt(x, frame.bottom + 17, said, { anchor: "middle", colour: SOFT });
}).join("");
const eventsOf = (events, frame) => {
  let parts = "";
  const marks = [];
  for (const each of events) {
    const day = dayOf(each.date);
    if (day < frame.first - BEFORE || day > frame.last) continue;
    const x = frame.x(Math.max(day, frame.first));
    parts += ruleAt(x, frame.top - 12, x, frame.bottom, SOFT, "2 4");
    marks.push([x, each.label]);
  }
  return parts + merged(marks, 10).map(([x, label]) =>
    textAt(x, frame.top - 14, label, { anchor: "middle", size: 10 })).join("");
};
const endsOf = (row) => (row.low !== null && row.low !== undefined ? [row.low, row.high]
  : [row.as_low, row.as_high]);
const bandOf = (found, frame, series) => found.map((row) => {
  const [low, high] = endsOf(row);
  if (low === null || low === undefined || high === null || high === undefined) return "";
  const x = frame.x(dayOf(row.date));
  const [top, bottom] = [frame.y(Math.min(frame.high, high)), frame.y(Math.max(frame.low, low))];
  return `<path class="band" d="M${tenth(x)},${tenth(top)}V${tenth(bottom)}M${tenth(x - 3)},`
    + `${tenth(top)}h6M${tenth(x - 3)},${tenth(bottom)}h6" fill="none" stroke="${series.colour}" `
    + 'display="none"/>';
}).join("");
const lineOf = (points, series) => `<path d="M${points.map(([x, y]) => `${tenth(x)},${tenth(y)}`)
  .join("L")}" fill="none" stroke="${series.colour}" stroke-width="${
  series.colour === GREY ? "1.5" : "2.2"}"/>${points.map(([x, y]) =>
  `<circle cx="${tenth(x)}" cy="${tenth(y)}" r="2.2" fill="${series.colour}"/>`).join("")}`;
const linesOf = (spec, mine, frame) => {
  const order = spec.series.map((_, place) => place);
  order.sort((a, b) => (spec.series[a].colour !== GREY) - (spec.series[b].colour !== GREY));
  let parts = "";
  const ends = [];
  for (const place of order) {
    const series = spec.series[place];
    const found = mine.filter((row) => row.series === place);
    if (!found.length) continue;
    const points = found.map((row) => [frame.x(dayOf(row.date)), frame.y(row.estimate)]);
    parts += bandOf(found, frame, series) + lineOf(points, series);
    ends.push([...points[points.length - 1], series]);
  }
  ends.sort((a, b) => a[1] - b[1] || byPoint(a[2].name, b[2].name));
  const places = spread(ends.map((end) => end[1]), 14, frame.top, frame.bottom);
  return parts + ends.map(([x, y, series], place) => {
    const colour = series.colour === GREY ? SOFT : series.colour;
    return ruleAt(x + 3, y, frame.right + 8, places[place], series.colour, "1 2")
      + textAt(frame.right + 11, places[place] + 4, fit(series.name, 11, 0.375 * spec.width, series.bold),
        { colour, bold: series.bold });
  }).join("");
};
const barAt = (x, wide, top, bottom, level) => `<rect x="${tenth(x - wide / 2)}" y="${
  tenth(top + 0.5)}" width="${tenth(wide)}" height="${tenth(Math.max(0.5, bottom - top - 1))}" `
  + `fill="${level.colour}" stroke="${SOFT}" stroke-width="0.6"/>`;
const stackOf = (spec, mine, frame) => {
  let parts = "";
  let last = [];
  for (const day of [...new Set(mine.map((row) => row.date))].sort(after)) {
    const x = frame.x(dayOf(day));
    let reached = 0.0;
    last = [];
    const found = mine.filter((row) => row.date === day).sort((a, b) => a.series - b.series);
    for (const row of found) {
      const level = spec.series[row.series];
      const [top, bottom] = [frame.y(reached + row.estimate), frame.y(reached)];
      reached += row.estimate;
      if (bottom - top < 1) continue;
      parts += barAt(x, frame.wide, top, bottom, level);
      last.push([(top + bottom) / 2, level.letter]);
    }
  }
  last.reverse();
  const places = spread(last.map(([y]) => y), 11, frame.top + 4, frame.bottom - 4);
  return parts + last.map(([, letter], place) =>
    textAt(frame.right + 5, places[place] + 4, letter, { size: 10 })).join("");
};
const changesOf = (spec, mine, frame) => mine.filter((row) => row.n_yes).map((row) => {
  const ends = [frame.y(0), frame.y(row.series ? -row.n_yes : row.n_yes)];
  return barAt(frame.x(dayOf(row.date)), frame.wide, Math.min(...ends), Math.max(...ends),
    spec.series[row.series]);
}).join("");
const saidOf = (spec, name, mine) => {
  const [last, newest] = newestOf(mine);
  const said = newest.map((row) => `${spec.series[row.series].name} ${
    spec.kind === "changes" ? count(row.n_yes) : percent(row.estimate)}`);
  return said.length ? `${name || "All hosts"}, ${last}: ${said.join(", ")}` : `${name}: no data`;
};
const framed = (spec, rows, place) => {
  const mine = rows.filter((row) => row.panel === place);
  const scale = spec.kind === "changes" ? 1 : 100;
  const marks = ticksOf(...extentOf(spec, rows), scale);
  const ends = [marks[0] / scale, marks[marks.length - 1] / scale];
  return [mine, scale, marks, frameOf(spec, mine, ends)];
};
const panelOf = (spec, rows, place, token = "") => {
  if (spec.kind === "dots") return dotsOf(spec, rows, place);
  const [mine, scale, marks, frame] = framed(spec, rows, place);
  const [breaks, events] = marksOf(spec, rows, token);
  const { width, height } = spec;
  const name = spec.panels[place];
  const draw = { lines: linesOf, stack: stackOf, changes: changesOf }[spec.kind];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" `
    + `aria-label="${quoted(saidOf(spec, name, mine))}" width="${width}" height="${height}">`
    + headingOf(name, mine, width) + spansOf(breaks, frame) + gridOf(frame, marks, scale)
    + `${eventsOf(events, frame)}${draw(spec, mine, frame)}</svg>`;
};

const notesOf = (spec, rows, token) => {
  const [breaks, events] = marksOf(spec, rows, token);
  return [...events.map((each) => [`${each.label}: ${each.title}`, each.source]),
    ...breaks.map((each) => [`${each.label} (shaded): ${each.title}`]),
    ...spec.notes.map((note) => [note])];
};
const sheetOf = (spec, rows, token = "") => {
  const columns = Math.min(3, spec.panels.length);
  const inner = Math.max(columns * (spec.width + 24) - 24, 560);
  const title = token ? `${spec.title}: ${token}` : spec.title;
  const parts = [textAt(20, 34, title, { size: 18, bold: true })];
  const paragraph = (said, y, size) => wrapped(said, size, inner).reduce((at, line) => {
    parts.push(textAt(20, at + 16, line, { size, colour: SOFT }));
    return at + 16;
  }, y);
  let y = paragraph(spec.caption, 40, 12) + 8;
  const shown = levelsOf(spec, rows);
  let x = 20;
  y += shown.length ? 16 : 0;
  for (const level of shown) {
    const said = `${level.letter}: ${level.name}`;
    const wide = 36 + textWidth(said, 12);
    if (x > 20 && x + wide > inner + 20) [x, y] = [20, y + 18];
    parts.push(`<rect x="${tenth(x)}" y="${tenth(y - 10)}" width="12" height="12" `
      + `fill="${level.colour}" stroke="${SOFT}" stroke-width="0.6"/>`);
    parts.push(textAt(x + 17, y, said, { size: 12 }));
    x += wide;
  }
  spec.panels.forEach((_, place) => {
    const left = 20 + (place % columns) * (spec.width + 24);
    const top = y + 14 + Math.floor(place / columns) * (spec.height + 24);
    parts.push(panelOf(spec, rows, place, token).replace("<svg ",
      () => `<svg x="${tenth(left)}" y="${tenth(top)}" `));
  });
  y += 14 + Math.ceil(spec.panels.length / columns) * (spec.height + 24) - 24;
  for (const [note] of notesOf(spec, rows, token)) y = paragraph(note, y + 6, 11);
  y = paragraph(spec.source, y + 8, 11);
  const [width, height] = [tenth(inner + 40), tenth(y + 20)];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" `
    + `height="${height}" font-family="system-ui, 'DejaVu Sans', sans-serif">`
    + `<rect width="${width}" height="${height}" fill="${PAPER}"/>${parts.join("")}</svg>`;
};
