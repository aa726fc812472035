// What all parts share, and the theme. All text is set as text.
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

// Copies an answer with its source.  Where a viewer forbids that, the answer is selected.
document.querySelectorAll(".copy").forEach((button) => button.addEventListener("click", async () => {
  const answer = button.parentElement.querySelector(".answer");
  try {
    await navigator.clipboard.writeText(
      `${answer.textContent} Source: crawlblock, ${document.title}`);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(answer);
    button.textContent = "Selected";
  }
}));

// The crawler that is looked at; each part has more to do when another one is chosen.
const choice = by("crawler-choice");
const state = { crawler: choice.value };
choice.addEventListener("change", () => {
  state.crawler = choice.value;
  document.querySelectorAll(".whose").forEach((one) => { one.textContent = state.crawler; });
});
