// A document's pages: larger, smaller, turned.
(() => {
  "use strict";
  const sheets = document.querySelector(".r-sheets");
  if (!sheets) return;
  const all = (selector) => [...document.querySelectorAll(`.r-paper ${selector}`)];
  const one = (selector) => document.querySelector(`.r-paper ${selector}`);
  const leaves = all(".r-leaf");
  const look = { zoom: 1, turn: 0 };
  const draw = () => {
    const sideways = look.turn % 180 !== 0;
    for (const leaf of leaves) {
      const image = leaf.querySelector("img");
      const sheet = leaf.parentElement;
      const width = sheets.clientWidth - 28;
      const ratio = image.naturalWidth ? image.naturalHeight / image.naturalWidth : 1.294;
      const wide = width * look.zoom * (sideways ? 1 / ratio : 1);
      const high = wide * ratio;
      const moved = { 0: "", 90: `translate(${high}px, 0) rotate(90deg)`, 180: `translate(${wide}px, ${high}px) rotate(180deg)`, 270: `translate(0, ${wide}px) rotate(270deg)` };
      leaf.style.setProperty("width", `${wide}px`);
      leaf.style.setProperty("transform", moved[look.turn]);
      leaf.style.setProperty("margin-bottom", sideways ? `${wide - high}px` : "0");
      sheet.style.setProperty("width", `${sideways ? high : wide}px`);
    }
    sheets.dataset.zoom = look.zoom.toFixed(2);
    sheets.dataset.turn = look.turn;
  };
  const steps = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => {
      const by = Number(button.dataset.zoom);
      const at = steps.indexOf(look.zoom);
      look.zoom = by ? steps[Math.max(0, Math.min(steps.length - 1, at + by))] : 1;
      if (!by) look.turn = 0;
      draw();
    });
  }
  one("[data-turn]")?.addEventListener("click", () => { look.turn = (look.turn + 90) % 360; draw(); });
  for (const leaf of leaves) leaf.querySelector("img").addEventListener("load", () => { if (look.zoom !== 1 || look.turn) draw(); });
  new ResizeObserver(() => { if (look.zoom !== 1 || look.turn) draw(); }).observe(sheets);
  if (leaves.length) one(".r-zoom").hidden = false;
})();
