// A file is dropped anywhere on its field, and sent with a bar that shows how far it is. Works without it, too.
"use strict";

const startImports = () => {
  const form = document.querySelector("[data-drop-form]");
  if (!form) return;
  form.classList.add("scripted");
  const drop = form.querySelector("[data-drop]"), field = form.querySelector("[data-file]");
  const chosen = form.querySelector("[data-chosen]"), failed = form.querySelector("[data-failed]");
  const sending = form.querySelector("[data-sending]"), button = form.querySelector("button[type=submit]");
  const most = Number(form.dataset.most);

  const fail = (words) => { failed.textContent = words; failed.hidden = !words; };
  const size = (bytes) => bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

  // What is wrong with a file as far as its name and size tell; the server looks into it.
  const wrong = (file) => {
    if (!file.size) return `${file.name} is empty: choose another file.`;
    if (file.size > most) return `${file.name} has ${size(file.size)}, and 50 MB is the most: divide it into several files, each with the titles.`;
    if (/\.xls$/i.test(file.name)) return `${file.name} is an old workbook: open it in the spreadsheet program, and save it as .xlsx.`;
    if (/\.(pdf|docx?|pptx?|zip|png|jpe?g)$/i.test(file.name)) return `${file.name} is no table: save the table as .xlsx or .csv, and choose that.`;
    return "";
  };

  const show = () => {
    const file = field.files[0];
    chosen.hidden = !file;
    chosen.textContent = file ? `${file.name} · ${size(file.size)}` : "";
    fail(file ? wrong(file) : "");
  };
  field.addEventListener("change", show);
  show();

  const over = (event, is) => { event.preventDefault(); drop.classList.toggle("over", is); };
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => over(event, true));
  drop.addEventListener("dragleave", (event) => over(event, false));
  drop.addEventListener("drop", (event) => {
    over(event, false);
    if (!event.dataTransfer.files.length) return;
    if (event.dataTransfer.files.length > 1) { fail("Drop one file at a time."); return; }
    field.files = event.dataTransfer.files;
    show();
  });
  // What matters for this kind of file only.
  const arrange = () => {
    const of = form.querySelector("input[name=of]:checked");
    for (const part of form.querySelectorAll("[data-of]")) part.hidden = !of || part.dataset.of !== of.value;
    const more = form.querySelector("details.more");
    if (more) more.hidden = !of || !form.querySelector(`[data-of="${of.value}"]`);
  };
  form.addEventListener("change", arrange);
  arrange();

  const done = (call) => {
    if (call.status && call.status < 500 && call.responseURL && new URL(call.responseURL).pathname !== new URL(form.action).pathname) {
      location.assign(call.responseURL);
      return;
    }
    button.disabled = false;
    sending.hidden = true;
    const page = new DOMParser().parseFromString(call.responseText, "text/html");
    if (call.status === 422 && page.querySelector("[data-drop-form]")) {
      document.title = page.title;
      document.querySelector("#content").replaceWith(page.querySelector("#content"));
      const first = document.querySelector("#wrong, [aria-invalid=true]");
      if (first) first.scrollIntoView({block: "center"});
      startImports();
      return;
    }
    if (call.status === 413) fail("The file has more than 50 MB: divide it into several files, each with the titles.");
    else if (call.status === 403) fail("This page is out of date: load it again, and choose the file once more.");
    else if (call.status === 408) fail("The file did not arrive in time: try again, on a better line if you can.");
    else if (call.status) fail("The server cannot take the file just now: try again in a minute.");
    else fail("The line was cut: try again.");
  };

  form.addEventListener("submit", (event) => {
    const file = field.files[0];
    if (!file) return;
    event.preventDefault();
    const words = wrong(file);
    fail(words);
    if (words) return;
    const call = new XMLHttpRequest(), bar = sending.querySelector("progress"), percent = sending.querySelector("[data-percent]");
    call.upload.addEventListener("progress", (at) => {
      const part = at.lengthComputable ? Math.floor(100 * at.loaded / at.total) : 0;
      bar.value = part;
      percent.textContent = part < 100 ? `${part} %` : "It is being looked at.";
    });
    call.addEventListener("loadend", () => done(call));
    call.open("POST", form.action);
    call.setRequestHeader("Accept", "text/html");
    call.send(new FormData(form));
    button.disabled = true;
    sending.hidden = false;
  });
};

// A file that misses the field must not take the place of the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
startImports();
