// Stand-in for a personalisation tag: keep which pages of the programme were viewed and list them.
//
// It leaves a first-party cookie and a stored item, both named viewed_programmes.

(() => {
  "use strict";

  const NAME = "viewed_programmes";
  const LONGEST = 6;
  const NINETY_DAYS = 90 * 24 * 60 * 60;

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(NAME) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isView) : [];
    } catch {
      return [];
    }
  }

  function isView(view) {
    return typeof view?.title === "string" && /^\/[^/\\]/.test(`${view.path}x`) && Number.isFinite(view.at);
  }

  function write(views) {
    try {
      localStorage.setItem(NAME, JSON.stringify(views));
    } catch {
      // Storage is blocked: the list then holds this page only.
    }
    document.cookie = `${NAME}=${views.length}; Max-Age=${NINETY_DAYS}; Path=/; SameSite=Lax`;
  }

  function show(views, box) {
    const list = document.createElement("ul");
    list.className = "viewed-list";
    for (const view of views) {
      const link = document.createElement("a");
      link.href = view.path;
      link.textContent = view.title;
      const time = document.createElement("time");
      time.dateTime = new Date(view.at).toISOString();
      time.textContent = new Date(view.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      const item = document.createElement("li");
      item.append(link, time);
      list.append(item);
    }
    box.replaceChildren(list);
  }

  const title = document.body.dataset.viewed;
  let views = read();
  if (title) {
    const here = { title, path: location.pathname, at: Date.now() };
    views = [here, ...views.filter((view) => view.path !== here.path)].slice(0, LONGEST);
    write(views);
  }
  const box = document.querySelector("[data-viewed-list]");
  if (box && views.length > 0) show(views, box);
  window.demoLog?.("personalisation", `viewed.js ran, ${views.length} in the list`);
})();
