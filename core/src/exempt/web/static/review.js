// Review by keyboard and mouse: keys, the picture's tools, where a value was read, taking it over.
(() => {
  "use strict";
  const page = document.querySelector(".r-page");
  if (!page) return;
  const all = (selector, root = page) => [...root.querySelectorAll(selector)];
  const one = (selector) => page.querySelector(selector);

  // --- keys of one letter; whoever speaks to the machine can switch them off -----------------
  const kept = { get: () => { try { return localStorage.getItem("review-keys"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("review-keys", value); } catch { /* not kept */ } } };
  const keySwitch = one("[data-keys-on]");
  if (keySwitch) {
    keySwitch.checked = kept.get() !== "off";
    keySwitch.closest("label").hidden = false;
    keySwitch.addEventListener("change", () => kept.set(keySwitch.checked ? "on" : "off"));
  }
  const typing = (target) => target.closest("input:not([type=checkbox]), select, textarea");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (keySwitch && !keySwitch.checked) return;
    const act = keys[event.key] || (one(`[data-key="${CSS.escape(event.key)}"]`) && (() => one(`[data-key="${CSS.escape(event.key)}"]`).click()));
    if (!act) return;
    event.preventDefault();
    act();
  });
  const keys = {
    "?": () => { const help = one("#keys"); help.open = !help.open; help.querySelector("summary").focus(); },
    "=": () => one('[data-key="+"]')?.click(),
  };

  // --- the queue: j and k move from line to line -----------------------------------------------
  const lines = all("[data-rows] a");
  if (lines.length) {
    const move = (by) => {
      const at = lines.indexOf(document.activeElement);
      const next = at < 0 ? (by > 0 ? 0 : lines.length - 1) : at + by;
      lines[Math.max(0, Math.min(lines.length - 1, next))].focus();
    };
    keys.j = () => move(1);
    keys.k = () => move(-1);
  }
  if (!page.hasAttribute("data-review")) return;

  // --- the head stays in sight; what stays below it must know how high it is -------------------
  const head = one("[data-head]");
  new ResizeObserver(() => page.style.setProperty("--r-head", `${head.offsetHeight + 4}px`)).observe(head);

  const sheets = one(".r-sheets");

  // --- where the focused field was read ---------------------------------------------------------
  const show = (field) => {
    for (const spot of all(".r-spot-now")) spot.classList.remove("r-spot-now");
    const spot = field.dataset.spot && document.getElementById(field.dataset.spot);
    if (!spot) return;
    spot.classList.add("r-spot-now");
    const box = spot.getBoundingClientRect();
    const view = sheets.getBoundingClientRect();
    const hidden = box.top < view.top + 20 || box.bottom > view.bottom - 20 || box.left < view.left || box.right > view.right;
    if (hidden) sheets.scrollBy({ top: box.top - view.top - view.height / 3, left: box.left - view.left - view.width / 4 });
  };
  const fields = all("[data-spot]");
  for (const field of fields) {
    field.addEventListener("focus", () => show(field));
    field.addEventListener("mouseenter", () => { if (!typing(document.activeElement)) show(field); });
    document.getElementById(field.dataset.spot)?.addEventListener("click", () => { field.focus(); show(field); });
  }
  keys.f = () => {
    const differ = all(".r-differs [data-spot], .r-differs input, .r-differs select");
    const at = differ.indexOf(document.activeElement);
    const next = differ[(at + 1) % differ.length];
    next?.focus();
    next?.select?.();
  };

  // --- what was changed, and taking over what the document says --------------------------------
  const form = one("#fields");
  const accept = one("[data-accept]");
  if (!accept) return;
  const words = accept.querySelector("[data-words]");
  const plain = words.textContent;
  const before = new URLSearchParams(new FormData(form)).toString();
  const wrong = one(".r-wrong, .r-alert");
  const changed = () => {
    const is = Boolean(wrong) || new URLSearchParams(new FormData(form)).toString() !== before;
    words.textContent = is ? accept.dataset.changed : plain;
    one("[data-when-changed]").hidden = !is;
  };
  form.addEventListener("input", changed);
  changed();
  for (const button of all("[data-take]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.for);
      field.value = button.dataset.take;
      button.closest(".r-field").classList.remove("r-differs");
      button.hidden = true;
      changed();
      field.focus();
    });
  }
  let sent = false; // a key that is held down sends nothing twice
  for (const each of all("form")) {
    each.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
  }
  window.addEventListener("pageshow", () => { sent = false; });

  // --- rejecting, and what the customer is told -------------------------------------------------
  const rejecting = one("#reject");
  const told = one("[data-told]");
  keys.r = () => one("[data-reject]").click();
  one("[data-reject]").addEventListener("click", (event) => {
    event.preventDefault();
    rejecting.classList.add("r-open");
    rejecting.scrollIntoView({ block: "start" });
    rejecting.querySelector("[name=because]").focus({ preventScroll: true });
    preview();
  });
  one("[data-show-mail]").hidden = true;
  let waits = 0;
  const preview = () => {
    clearTimeout(waits);
    waits = setTimeout(async () => {
      if (!rejecting.querySelector("[name=because]:checked") || !rejecting.elements.tell.checked) {
        told.hidden = true;
        return;
      }
      const body = new URLSearchParams(new FormData(rejecting));
      try {
        const answer = await fetch(rejecting.dataset.preview, { method: "POST", body, headers: { "X-Part": "yes" } });
        if (!answer.ok) throw new Error();
        const part = new DOMParser().parseFromString(await answer.text(), "text/html");
        told.replaceChildren(...part.body.childNodes);
      } catch {
        told.textContent = "The mail cannot be shown at the moment.";
      }
      told.hidden = false;
    }, 200);
  };
  rejecting.addEventListener("input", preview);
  if (location.hash === "#reject" || rejecting.classList.contains("r-open")) preview();
})();
