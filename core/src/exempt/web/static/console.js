// The console by keyboard; ticking rows; selects that send their form. All works without it, too.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* not kept */ } };

  // --- selects that send their form ------------------------------------------------------------
  for (const button of all("[data-send-button]")) button.hidden = true;
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
  });

  // --- ticking rows; the page's parts may be put in anew at any time -----------------------------
  const ticks = () => all("[data-tick]");
  const count = () => {
    const form = one("[data-bulk]");
    if (!form) return;
    const many = ticks().filter((tick) => tick.checked).length;
    const everything = one("[data-bulk-all]", form);
    const some = many > 0 || Boolean(everything && everything.checked);
    one("[data-bulk-many]", form).textContent = everything && everything.checked ? "All matching:" : many ? `${many} selected:` : "With selected:";
    for (const button of all("button", form)) button.disabled = !some;
    const head = one("[data-tick-all]");
    if (head) {
      head.hidden = false;
      head.checked = many > 0 && many === ticks().length;
      head.indeterminate = many > 0 && many < ticks().length;
    }
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) for (const tick of ticks()) tick.checked = event.target.checked;
    if (event.target.matches("[data-tick-all], [data-tick], [data-bulk-all]")) count();
  });
  document.addEventListener("htmx:after:swap", count);
  window.addEventListener("pageshow", count);
  count();

  // --- a menu closes when one goes on ------------------------------------------------------------
  document.addEventListener("click", (event) => {
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // --- the side bar shows where one is ------------------------------------------------------------
  one(".side-nav [aria-current]")?.scrollIntoView({ block: "nearest" });

  // --- keys of one letter; whoever speaks to the machine can switch them off -----------------------
  const help = one("#keys-help");
  const keySwitch = one("[data-keys-switch]");
  if (keySwitch) {
    keySwitch.checked = kept("keys") !== "off";
    keySwitch.addEventListener("change", () => keep("keys", keySwitch.checked ? "on" : "off"));
  }
  const rows = () => all("[data-rows] tbody tr");
  const go = (by) => {
    const lines = rows();
    if (!lines.length) return;
    const at = lines.findIndex((line) => line.classList.contains("here"));
    const next = at < 0 ? (by > 0 ? 0 : lines.length - 1) : Math.max(0, Math.min(lines.length - 1, at + by));
    for (const line of lines) line.classList.toggle("here", line === lines[next]);
    const link = one("td:not(.tick) a", lines[next]);
    if (link) link.focus({ preventScroll: true });
    lines[next].scrollIntoView({ block: "nearest" });
  };
  const here = () => one("[data-rows] tr.here");
  const keys = {
    "/": () => (one("[data-search]") || one("#side-search"))?.focus(),
    j: () => go(1),
    k: () => go(-1),
    x: () => one("[data-tick]", here() || document.createElement("p"))?.click(),
    "?": () => help?.showModal(),
  };
  const places = { h: "/", c: "/certificates", u: "/customers", o: "/orders", r: "/review" };
  let going = 0;
  const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, dialog");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of all("details.menu[open], details.dialog[open]")) { menu.open = false; one("summary", menu).focus(); }
      if (typing(event.target) && !event.target.closest("dialog")) event.target.blur();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (kept("keys") === "off" || one(".r-page")) return; // the review has keys of its own
    if (event.timeStamp - going < 1500 && going) {
      going = 0;
      const link = places[event.key] && one(`.side-nav a[href="${places[event.key]}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "g") { going = event.timeStamp; return; }
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
