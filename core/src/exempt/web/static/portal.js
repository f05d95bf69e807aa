/* The portal with a script: files go up at once and resume, drafts save themselves, fields come and go.
   Everything works without it. */
"use strict";

(() => {
  const form = document.querySelector("[data-draft-form]");
  if (!form) return;
  document.documentElement.classList.add("p-scripted");
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  /* --- fields that matter for some answers only --- */

  const show = (element, shown) => { if (element) element.hidden = !shown; };

  const arrange = () => {
    for (const box of form.querySelectorAll("input[name=jurisdictions]"))
      show(form.querySelector(`[data-for-state="${box.value}"]`), box.checked);
    const reason = form.elements.exemption_reason;
    if (reason) show(document.getElementById("other"), reason.value === "other");
    const single = form.elements.single_use;
    if (single) show(document.getElementById("single"), single.checked);
  };
  form.addEventListener("change", arrange);
  arrange();

  /* --- the draft saves itself --- */

  const saved = form.querySelector("[data-saved]");
  let timer = 0, saving = Promise.resolve(), stale = false, leaving = false;

  const keep = async () => {
    const data = new FormData(form);
    data.delete("files");
    data.set("action", "keep");
    try {
      const answer = await fetch(form.getAttribute("action"), {method: "POST", body: data, headers: {Accept: "application/json"}});
      if (answer.status === 409 || answer.status === 410 || answer.status === 403) {
        stale = true;  // what was typed is shown again when it is sent
        return;
      }
      if (!answer.ok) return;
      const kept = await answer.json();
      form.elements.draft.value = kept.submission;
      form.elements.version.value = kept.version;
      if (saved) saved.textContent = "Saved";
    } catch { /* off line: it is tried again with the next change */ }
  };
  const soon = () => {
    if (stale || leaving) return;
    if (saved) saved.textContent = "";
    clearTimeout(timer);
    timer = setTimeout(() => { saving = saving.then(keep); }, 1500);
  };
  form.addEventListener("input", (event) => { if (event.target.type !== "file") soon(); });

  /* --- files --- */

  const area = form.querySelector("[data-uploads]");
  const running = new Set();
  const told = area && area.querySelector("[data-told]");
  const tell = (words) => { if (told) told.textContent = words; };

  const PIECE = 512 * 1024, TRIES = 12;
  const known = (file) => `upload ${file.name} ${file.size} ${file.lastModified}`;
  const metadata = (name) => "filename " + btoa(String.fromCharCode(...new TextEncoder().encode(name)));
  const headers = (more) => ({"Tus-Resumable": "1.0.0", "X-Form-Token": area.dataset.token, ...more});

  class Refused extends Error {}

  const call = async (url, options) => {
    const answer = await fetch(url, {...options, headers: headers(options.headers)});
    if (answer.ok || answer.status === 409 || answer.status === 404) return answer;
    if (answer.status >= 500 && answer.status !== 507 || answer.status === 429) throw new Error("later");
    let words = "";
    try { words = (await answer.json()).sentence; } catch { /* no words of its own */ }
    throw new Refused(words || "This file could not be sent. Load this page again, and try once more.");
  };

  const begin = async (file) => {
    const answer = await call("/portal/uploads", {
      method: "POST", headers: {"Upload-Length": String(file.size), "Upload-Metadata": metadata(file.name)},
    });
    if (!answer.ok) throw new Refused("This page is out of date. Load it again, and choose the file once more.");
    const url = answer.headers.get("Location");
    sessionStorage.setItem(known(file), url);
    return {url, offset: 0};
  };

  const resume = async (file) => {
    const url = sessionStorage.getItem(known(file));
    if (!url) return begin(file);
    const answer = await call(url, {method: "HEAD", headers: {}});
    if (!answer.ok) return begin(file);
    return {url, offset: Number(answer.headers.get("Upload-Offset"))};
  };

  /* Sends a file piece by piece; on a bad line it waits, asks how far it came, and goes on there. */
  const send = async (file, progress) => {
    let at = null;
    for (let tries = 0; ;) {
      try {
        at = at || await resume(file);
        progress(at.offset);
        const answer = await call(at.url, {
          method: "PATCH", body: file.slice(at.offset, at.offset + PIECE),
          headers: {"Upload-Offset": String(at.offset), "Content-Type": "application/offset+octet-stream"},
        });
        if (!answer.ok) throw new Error("later");
        at = {...at, offset: Number(answer.headers.get("Upload-Offset"))};
        progress(at.offset);
        tries = 0;
        if (answer.headers.has("Upload-File")) {
          sessionStorage.removeItem(known(file));
          return answer.headers.get("Upload-File");
        }
      } catch (error) {
        if (error instanceof Refused || ++tries >= TRIES) {
          if (error instanceof Refused) sessionStorage.removeItem(known(file));
          throw error;
        }
        at = null;
        progress(-1);
        await Promise.race([wait(Math.min(1000 * 2 ** tries, 30000) * (.5 + Math.random() / 2)),
          new Promise((done) => addEventListener("online", done, {once: true}))]);
      }
    }
  };

  const refusal = (file) => {
    if (!file.size) return "The file is empty. Please choose it again, and see that it opens.";
    if (file.size > Number(area.dataset.most)) return "The file is larger than 50 MB. Please scan it in a lower resolution, or send a photo.";
    if (/\.(heic|heif)$/i.test(file.name)) return "This is a HEIC photo. On an iPhone choose Settings, Camera, Formats, Most Compatible and take it again, or send a screenshot of it.";
    return "";
  };

  const size = (count) => count >= 1e6 ? `${(count / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(count / 1000))} kB`;

  const make = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  const row = (file) => {
    const list = area.querySelector("[data-files]"), item = make("li");
    const said = make("span", "p-small", size(file.size));
    item.append(make("span", "p-file-name", file.name), said);
    list.append(item);
    list.hidden = false;
    return {item, said};
  };

  const button = (item, file, words) => {
    const made = make("button", "p-quiet", words);
    made.append(make("span", "p-hidden", ` ${file.name}`));
    item.append(made);
    return made;
  };

  const failed = (item, said, file, words) => {
    said.remove();
    const error = make("p", "p-error", words);
    item.append(error);
    tell(`${file.name}: ${words}`);
    const close = button(item, file, "Close");
    close.type = "button";
    close.addEventListener("click", () => { item.remove(); area.querySelector("input[type=file]").focus(); });
  };

  const take = async (file) => {
    const {item, said} = row(file), words = refusal(file);
    if (words) return failed(item, said, file, words);
    const bar = make("progress");
    bar.max = file.size;
    bar.setAttribute("aria-label", `Sending ${file.name}`);
    item.append(bar);
    let quarter = 0;
    const progress = (offset) => {
      said.textContent = offset < 0 ? "The line is down. Waiting to go on…" : `${size(offset)} of ${size(file.size)}`;
      if (offset < 0) return tell(`${file.name}: the line is down. It goes on by itself.`);
      bar.value = offset;
      const now = Math.floor(4 * offset / file.size);
      if (now > quarter && now < 4) tell(`${file.name}: ${25 * now} percent sent`);
      quarter = Math.max(now, quarter);
    };
    try {
      const id = await send(file, progress);
      bar.remove();
      said.textContent = size(file.size);
      const remove = button(item, file, "Remove");
      remove.name = "action";
      remove.value = `drop:${id}`;
      tell(`${file.name} was added`);
    } catch (error) {
      bar.remove();
      failed(item, said, file, error instanceof Refused ? error.message
        : "The line is too poor at the moment. Choose the same file again later: it goes on where it stopped.");
    }
  };

  /* One after the other: a poor line is not made better by sharing it. */
  let queue = Promise.resolve();
  const add = (files) => {
    for (const file of files) {
      const done = queue.then(() => take(file));
      queue = done;
      running.add(done);
      done.finally(() => running.delete(done));
    }
  };

  if (area) {
    const input = area.querySelector("input[type=file]"), drop = area.querySelector("[data-drop]");
    input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
    for (const name of ["dragenter", "dragover"])
      drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("p-over"); });
    for (const name of ["dragleave", "drop"])
      drop.addEventListener(name, () => drop.classList.remove("p-over"));
    drop.addEventListener("drop", (event) => { event.preventDefault(); add([...event.dataTransfer.files]); });
  }

  /* What is under way ends before the page is left. */
  let ready = false;
  form.addEventListener("submit", async (event) => {
    leaving = true;
    clearTimeout(timer);
    if (ready) return;
    event.preventDefault();
    const submitter = event.submitter;
    if (running.size) {
      tell("The form is sent as soon as the files are there.");
      if (saved) saved.textContent = "Sent as soon as the files are there";
      await Promise.allSettled([...running]);
    }
    await saving;
    await wait(0);  // while the event is still under way, a form does not submit again
    ready = true;
    form.requestSubmit(submitter);
    ready = leaving = false;
  });
  addEventListener("beforeunload", (event) => { if (running.size) event.preventDefault(); });
  const summary = document.getElementById("summary");
  if (summary) summary.focus();
})();
