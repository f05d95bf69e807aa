// What goes on in sources, put into the page as the server tells it. Without it, a reload shows it.
(() => {
  "use strict";
  if (!window.EventSource) return;
  let place = document.querySelector("[data-events]");
  let source = null;
  const close = () => { if (source) source.close(); source = null; };
  const open = () => {
    if (source || document.hidden || !place) return;
    source = new EventSource(place.dataset.events);
    // The server draws it from its templates, as it did when the page was loaded.
    source.onmessage = (event) => {
      const held = document.activeElement && place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      place.innerHTML = event.data;
      if (held) { const again = place.querySelector(`a[href="${CSS.escape(held)}"]`); if (again) again.focus({ preventScroll: true }); }
    };
    source.addEventListener("over", () => { close(); waits = true; });
    source.onerror = () => { if (source && source.readyState === EventSource.CLOSED) close(); };
  };
  // A page that nobody moves in is left alone, so that it keeps nobody signed in.
  let waits = false;
  const again = () => { if (waits) { waits = false; open(); } };
  for (const kind of ["pointermove", "keydown", "scroll"]) window.addEventListener(kind, again, { passive: true });
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  // Another search shows other rows, and has an address of its own.
  document.addEventListener("htmx:after:swap", () => { close(); place = document.querySelector("[data-events]"); open(); });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
})();
