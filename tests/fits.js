// Returns in words what does not fit, cannot be read or does not land on a page.
async () => {
  const faults = [];
  const said = (element) => `${element.tagName.toLowerCase()} ${
    (element.closest("[id]") || {}).id || ""} "${element.textContent.trim().slice(0, 40)}"`;
  const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    && element.getBoundingClientRect().width > 1;
  // what is wider than the page
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) faults.push(`the page is ${wide} pixels wide`);
  // texts of a figure: inside it, and apart from each other
  for (const svg of document.querySelectorAll(".chart > svg, .spark")) {
    const edge = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll("text")].map((text) => [text,
      text.getBoundingClientRect()]);
    if (edge.right > innerWidth + 1) faults.push(`cut: ${said(svg)}`);
    boxes.forEach(([text, box], place) => {
      if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 1
        || box.bottom > edge.bottom + 1) faults.push(`outside: ${said(text)}`);
      if (box.height < 8) faults.push(`tiny: ${said(text)} ${box.height}`);
      for (const [other, beside] of boxes.slice(place + 1)) {
        const across = Math.min(box.right, beside.right) - Math.max(box.left, beside.left);
        const down = Math.min(box.bottom, beside.bottom) - Math.max(box.top, beside.top);
        // lines of text may touch: a box is taller than its letters
        if (across > 1 && down > 0.3 * Math.min(box.height, beside.height)) {
          faults.push(`overlap: ${said(text)} and ${said(other)}`);
        }
      }
    });
  }
  // tables: whole, or in a box that says that it scrolls
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  await new Promise((done) => { setTimeout(done, 120); });
  for (const table of document.querySelectorAll("main table")) {
    if (!shown(table)) continue;
    const box = table.closest(".scroll");
    if (!box) faults.push(`no box to scroll: ${said(table)}`);
    else if (table.getBoundingClientRect().width > box.clientWidth + 1
      && (getComputedStyle(box).overflowX !== "auto" || box.tabIndex !== 0
        || !("wide" in box.dataset))) faults.push(`cut without a word: ${said(table)}`);
  }
  // contrast
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgb = (colour) => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      known.set(colour, [...canvas.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(colour);
  };
  const light = (colour) => rgb(colour).slice(0, 3).map((value) => value / 255).map((value) =>
    (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((all, value, place) => all + value * [0.2126, 0.7152, 0.0722][place], 0);
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (rgb(colour)[3] === 255) return colour;
    }
    return "white";
  };
  for (const element of document.querySelectorAll("body *")) {
    const written = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!written || !shown(element) || element.closest("script, style, option")) continue;
    const style = getComputedStyle(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    const found = contrast(colour, ground(element));
    if (found < 4.5) faults.push(`contrast ${found.toFixed(1)}: ${said(element)}`);
  }
  const rule = getComputedStyle(document.documentElement).getPropertyValue("--rule");
  for (const mark of document.querySelectorAll(".chart path, .chart circle, .chart rect, .spark path")) {
    const { fill, stroke } = getComputedStyle(mark);
    const paper = ground(mark);
    const found = Math.max(...[fill, stroke].filter((one) => one !== "none")
      .map((one) => contrast(one, paper)));
    if (String(rgb(stroke)) === String(rgb(rule)) || mark.closest("[display=none]")) continue;
    if (found < 3) faults.push(`mark ${found.toFixed(1)}: ${mark.outerHTML.slice(0, 90)}`);
  }
  // neighbouring levels: a gap between them
  for (const svg of document.querySelectorAll(".chart > svg")) {
    const bars = new Map();
    for (const rect of svg.querySelectorAll("rect[stroke-width='0.6']")) {
      const [x, y, high] = ["x", "y", "height"].map((name) => Number(rect.getAttribute(name)));
      for (const [top, bottom] of bars.get(x) || []) {
        if (y < bottom + 0.5 && top < y + high + 0.5) faults.push(`no gap: ${said(svg)} ${x}`);
      }
      bars.set(x, [...(bars.get(x) || []), [y, y + high]]);
    }
  }
  // links land on their headings
  document.documentElement.style.scrollBehavior = "auto";
  for (const link of document.querySelectorAll("nav a[href^='#']")) {
    link.click();
    await new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
    const target = document.querySelector(link.hash);
    const heading = target.querySelector("h2") || target;
    const top = heading.getBoundingClientRect().top;
    const last = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    if (!(top >= -1 && (top < 140 || last))) faults.push(`lands at ${top}: ${link.hash}`);
  }
  return faults;
}
