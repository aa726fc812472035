// Draws a panel of dots as dots.py does: what others published and ours, a row for each figure.
const [ROW, ROWS_TOP, OURS] = [18, 56, "#1f5a8c"];
const pointsOf = (difference) => {
  if (difference === null) return DASH;
  const said = (difference * 100).toFixed(1).replace(/^-0\.0$/, "0.0");
  return said.startsWith("-") ? said : `+${said}`;
};
const dotAt = (row, x, y) => {
  const theirs = x(row.published);
  const ring = `<circle cx="${tenth(theirs)}" cy="${tenth(y)}" r="5" fill="${PAPER}" `
    + `stroke="${SOFT}" stroke-width="1.5"/>`;
  if (row.estimate === null) return ring;
  const ours = x(row.estimate);
  return ruleAt(theirs, y, ours, y, SOFT, "2 2")
    + (row.low === null ? "" : ruleAt(x(row.low), y, x(row.high), y, OURS))
    + `${ring}<circle cx="${tenth(ours)}" cy="${tenth(y)}" r="3" fill="${OURS}"/>`;
};
const dotsOf = (spec, rows, place) => {
  const { width } = spec;
  const name = spec.panels[place];
  const mine = rows.filter((row) => row.panel === place);
  const marks = ticksOf(0, most(rows.flatMap((row) => [row.published, row.estimate, row.high])), 100);
  const names = mine.map((row) => fit(row.name, 11, 0.34 * width));
  const left = 8 + most(names.map((each) => textWidth(each, 11)));
  const bottom = ROWS_TOP + ROW * mine.length;
  const height = bottom + 26;
  const x = (share) => left + 100 * share / marks[marks.length - 1] * (width - 52 - left);
  const [first, ...others] = wrapped(name, 13 * 1.1, width);
  const second = fit(others.join(" "), 13, width, true);
  const said = mine.map((row) =>
    `${row.name} published ${percent(row.published)}, ours ${percent(row.estimate)}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" `
    + `aria-label="${quoted(`${name}: ${said.join("; ")}`)}" width="${width}" height="${height}">`
    + textAt(0, 13, first, { size: 13, bold: true })
    + (second && textAt(0, 29, second, { size: 13, bold: true }))
    + textAt(width, ROWS_TOP - 7, "points", { anchor: "end", colour: SOFT })
    + marks.map((mark) => ruleAt(x(mark / 100), ROWS_TOP, x(mark / 100), bottom, mark ? RULE : SOFT)
      + textAt(x(mark / 100), bottom + 15, `${mark} %`, { anchor: "middle", colour: SOFT })).join("")
    + mine.map((row, order) => {
      const y = ROWS_TOP + ROW * (order + 0.5);
      return textAt(0, y + 4, names[order]) + dotAt(row, x, y)
        + textAt(width, y + 4, pointsOf(row.difference), { anchor: "end", colour: SOFT });
    }).join("") + "</svg>";
};
