// What all parts share, and the theme.  All text is set as text.
const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const by = (id) => document.getElementById(id);
const DASH = "\u2013";
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

// What no reader waits for is done soon: once the page was painted, and once for several calls.
const unhurried = (act) => {
  let waiting = 0;
  const now = () => { clearTimeout(waiting); act(); };
  return { now, soon: () => { clearTimeout(waiting); waiting = setTimeout(act, 200); } };
};

// A link to something folded opens what folds it.
const unfold = () => {
  const target = by(location.hash.slice(1));
  let around = target && target.closest("details:not([open])");
  if (!around) return;
  for (; around; around = around.parentElement.closest("details")) around.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();

// Theme: what the system says, until a reader says otherwise.
const theme = by("theme");
theme.addEventListener("change", () => {
  if (theme.value) root.dataset.theme = theme.value;
  else delete root.dataset.theme;
});

// Copies a text.  Where a viewer forbids that, the element that holds it is selected.
const copy = async (button, text, element) => {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    if (element) getSelection().selectAllChildren(element);
    button.textContent = element ? "Selected" : "Copy the address of this page";
  }
};
document.querySelectorAll("button.copy").forEach((button) => button.addEventListener("click", () => {
  const answer = button.parentElement.querySelector(".answer");
  const text = answer || button.parentElement.querySelector("pre, p");
  copy(button, answer ? `${answer.textContent} Source: crawlblock, ${document.title}`
    : text.textContent, text);
}));

// What is looked at.  Parts draw anew when the choice of a crawler says that it changed.
const choice = by("crawler-choice");
data.operators = Object.fromEntries(data.crawlers.map(([token, operator]) => [token, operator]));
const state = { crawler: data.first, segment: "", host: "" };
choice.append(make("option", {}, data.first));
choice.addEventListener("change", () => {
  if (choice.value) state.crawler = choice.value;
  document.querySelectorAll(".whose").forEach((one) => { one.textContent = state.crawler; });
});
