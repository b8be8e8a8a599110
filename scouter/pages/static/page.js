// What pages can do beyond HTML: the zone at sign-in, "/" to find, values under the pointer or the arrow keys, a window by
// dragging, refresh. Without it every page still works. Listeners sit on the document, so what a refresh brings needs none.

const zone = document.documentElement.dataset.zone || "UTC";
const TYPED_INTO = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

// The zone at sign-in, and "/"
const zoneField = document.querySelector("#zone");
if (zoneField) zoneField.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
document.addEventListener("keydown", (event) => {
  const plain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!plain || document.activeElement.matches(TYPED_INTO)) return;
  const find = document.querySelector("#q");
  if (find?.offsetParent) { event.preventDefault(); find.focus(); }
});

// Numbers and times as the server writes them
const clock = new Intl.DateTimeFormat("en-US",
  { timeZone: zone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
function when(seconds) {
  const parts = Object.fromEntries(clock.formatToParts(new Date(seconds * 1000)).map((part) => [part.type, part.value]));
  return { date: `${parts.day} ${parts.month}`, time: `${parts.hour}:${parts.minute}` };
}
function span(start, end) {
  const first = when(start), last = when(end);
  return `${first.date} ${first.time} to ${first.date === last.date ? "" : last.date + " "}${last.time}`;
}
function number(text) {
  const value = Number(text), size = Math.abs(value);
  if (value && (size < 1e-4 || size >= 1e7)) return text.replace(/e\+?(-?)0*/, "e$1").replaceAll("-", "\u2212");
  const digits = value ? Math.max(0, 3 - Math.floor(Math.log10(size))) : 0;
  return value.toLocaleString("en", { maximumFractionDigits: digits }).replaceAll(",", "\u202f").replace("-", "\u2212");
}

// The value under the pointer, or chosen with the arrow keys
const readout = document.createElement("output");
readout.className = "readout";
readout.hidden = true;
document.body.append(readout);
let shown = null;  // the chart that is read, and the index in it

function seriesOf(chart) {
  const data = chart.dataset, values = data.values.split(" ");
  const steps = data.at ? data.at.split(" ").map(Number) : values.map((_, index) => index);
  const starts = steps.map((step) => Number(data.first) + step * Number(data.step));
  return { values, starts, lowest: data.lowest?.split(" "), highest: data.highest?.split(" "), step: Number(data.step) };
}
function xOf(chart, seconds) {
  const { start, end, left, right } = chart.dataset;
  const part = Math.min(1, Math.max(0, (seconds - start) / (end - start)));
  return Number(left) + part * (right - left);
}
function yOf(chart, value) {
  const { low, high, top, floor } = chart.dataset;
  return floor - Math.min(1, Math.max(0, (value - low) / (high - low))) * (floor - top);
}
function secondsAt(chart, clientX) {
  const box = chart.getBoundingClientRect(), { start, end, left, right } = chart.dataset;
  const x = (clientX - box.left) / box.width * chart.viewBox.baseVal.width;
  return Number(start) + Math.min(1, Math.max(0, (x - left) / (right - left))) * (end - start);
}
function shape(chart, name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  chart.append(made);
  return made;
}
// A browser would show the title of a chart over the read-out. As a description it is its name all the same.
function nameWithoutTooltip(chart) {
  const title = chart.querySelector(":scope > title");
  if (!title) return;
  const name = shape(chart, "desc", { id: title.id });
  name.textContent = title.textContent;
  title.replaceWith(name);
}
function hide() {
  shown?.marks.forEach((mark) => mark.remove());
  shown = null;
  readout.hidden = true;
}
function show(chart, index) {
  hide();
  nameWithoutTooltip(chart);
  const series = seriesOf(chart), start = series.starts[index], value = series.values[index];
  const x = xOf(chart, start + series.step / 2), y = yOf(chart, Number(value));
  const marks = [
    shape(chart, "path", { class: "cursor", d: `M${x},${chart.dataset.top}V${chart.dataset.floor}` }),
    shape(chart, "circle", { class: "cursor-dot", cx: x, cy: y, r: 3 })];
  shown = { chart, index, marks };
  const extremes = series.lowest ? `, from ${number(series.lowest[index])} to ${number(series.highest[index])}` : "";
  readout.textContent = `${span(start, start + series.step)}: ${number(value)}${extremes}`;
  readout.hidden = false;
  place(chart, x, y);
}
function place(chart, x, y) {
  const box = chart.getBoundingClientRect(), scale = box.width / chart.viewBox.baseVal.width, half = readout.offsetWidth / 2;
  const middle = Math.min(Math.max(box.left + x * scale, half + 4), document.documentElement.clientWidth - half - 4);
  readout.style.left = `${middle - half + scrollX}px`;
  readout.style.top = `${Math.max(0, box.top + y * scale - readout.offsetHeight - 10) + scrollY}px`;
}
function nearest(chart, clientX) {
  const series = seriesOf(chart), at = secondsAt(chart, clientX) - series.step / 2;
  return series.starts.reduce((best, start, index) =>
    Math.abs(start - at) < Math.abs(series.starts[best] - at) ? index : best, 0);
}
const readable = (event) => event.target.closest?.("svg.chart[data-values]");
document.addEventListener("pointermove", (event) => {
  const chart = readable(event);
  if (chart && !drag) show(chart, nearest(chart, event.clientX));
  else if (!chart && shown && shown.chart !== document.activeElement) hide();
});
document.addEventListener("focusout", hide);
document.addEventListener("keydown", (event) => {
  const chart = readable(event);
  if (!chart) return;
  if (event.key === "Escape") return hide();
  const last = seriesOf(chart).values.length - 1, from = shown?.chart === chart ? shown.index : last + 1;
  const to = { ArrowLeft: from - 1, ArrowRight: shown ? from + 1 : 0, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(chart, Math.min(last, Math.max(0, to)));
});

// A window by dragging over a large chart
let drag = null;
document.addEventListener("pointerdown", (event) => {
  const chart = event.target.closest?.("svg.chart.large[data-start]");
  if (!chart || event.button || event.pointerType === "touch") return;
  hide();
  drag = { chart, from: secondsAt(chart, event.clientX), x: event.clientX, mark: null };
  event.preventDefault();
});
document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const { chart, from } = drag, ends = [xOf(chart, from), xOf(chart, secondsAt(chart, event.clientX))].sort((a, b) => a - b);
  drag.mark?.remove();
  drag.mark = shape(chart, "rect", { class: "chosen", x: ends[0], width: ends[1] - ends[0], y: chart.dataset.top,
    height: chart.dataset.floor - chart.dataset.top });
});
document.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { chart, from, x } = drag, ends = [from, secondsAt(chart, event.clientX)].sort((a, b) => a - b);
  stopDragging();
  if (Math.abs(event.clientX - x) < 8) return chart.focus();
  const address = new URL(location);
  address.searchParams.delete("last");
  ["from", "to"].forEach((name, index) => address.searchParams.set(name, minute(ends[index] + index * 59)));
  location.assign(address);
});
const minute = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`;
function stopDragging() { drag?.mark?.remove(); drag = null; }
document.addEventListener("pointercancel", stopDragging);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") stopDragging(); });

// Refresh: <main> of the same address, while somebody looks and nobody is busy
const PARTS = ["main", ".top nav", "#as-of"], LONGEST = 300;
const PAUSE = Number(document.querySelector("main").dataset.refresh ?? 30);  // seconds
const live = document.querySelector("#live"), note = document.createElement("output");
note.className = "late";
let pause = PAUSE, tag = null, fresh = new Date(), timer = 0;

function remembered(value) {
  try {
    if (value !== undefined) localStorage.setItem("scouter-live", value);
    return localStorage.getItem("scouter-live");
  } catch { return null; }  // storage may be forbidden; then the box is as the page has it
}
function busy() {
  const typed = [...document.querySelectorAll("main input, main textarea")].some((field) =>
    field.matches(TYPED_INTO) ? field.type !== "hidden" && field.value !== field.defaultValue
      : field.checked !== field.defaultChecked);
  return typed || drag || document.activeElement.matches(TYPED_INTO) || document.querySelector("dialog[open], .menu[open]")
    || !getSelection().isCollapsed;
}
async function refresh() {
  if (!live?.checked || document.hidden || busy()) return again();
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const reply = await fetch(location.href, { headers, cache: "no-store", signal: AbortSignal.timeout(20000) });
    if (reply.redirected || reply.status === 401) return say("You were signed out. Load this page again to sign in.");
    if (!reply.ok && reply.status !== 304) throw new Error(reply.statusText);
    if (reply.ok) { tag = reply.headers.get("ETag"); take(await reply.text()); }
    [pause, fresh] = [PAUSE, new Date()];
    note.remove();
  } catch {
    pause = Math.min(pause * 2, LONGEST);
    say(`Not refreshed since ${when(fresh / 1000).time}.`);
  }
  again();
}
function again() { clearTimeout(timer); timer = setTimeout(refresh, pause * 1000); }
function say(text) { note.textContent = ` ${text}`; (document.querySelector("footer") ?? document.body).append(note); }
function take(text) {
  if (busy()) return;
  const next = new DOMParser().parseFromString(text, "text/html");
  if (!next.querySelector("main")) throw new Error("no page");
  for (const part of PARTS) {
    const old = document.querySelector(part), made = next.querySelector(part);
    if (old && made && old.innerHTML !== made.innerHTML) replace(old, document.importNode(made, true));
  }
  document.title = next.title;
}
function replace(old, made) {
  const focus = pathTo(old, document.activeElement), index = shown && old.contains(shown.chart) ? shown.index : null;
  const scrolled = [...old.querySelectorAll(".scroll")].map((each) => each.scrollLeft), [x, y] = [scrollX, scrollY];
  for (const each of old.querySelectorAll("details[id][open]")) made.querySelector(`#${CSS.escape(each.id)}`)?.setAttribute("open", "");
  hide();
  old.replaceWith(made);
  made.querySelectorAll(".scroll").forEach((each, at) => { each.scrollLeft = scrolled[at] ?? each.scrollLeft; });
  const again = focus && focus.reduce((each, at) => each?.children[at], made);
  again?.focus?.({ preventScroll: true });
  if (again?.matches?.("svg.chart[data-values]") && index !== null) show(again, Math.min(index, seriesOf(again).values.length - 1));
  scrollTo(x, y);
}
function pathTo(root, element) {
  const path = [];
  for (let each = element; each && each !== root; each = each.parentElement) path.unshift([...each.parentElement?.children ?? []].indexOf(each));
  return root.contains(element) ? path : null;
}
if (live) {
  live.checked = remembered() !== "off";
  live.addEventListener("change", () => { remembered(live.checked ? "on" : "off"); pause = PAUSE; again(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && new Date() - fresh > PAUSE * 1000) refresh(); });
  again();
}
