// Stand-in for an advertising tag: leave a session id in a first-party cookie and show one advert.

(() => {
  "use strict";

  const NAME = "_study_ads_session";
  const HALF_HOUR = 30 * 60;
  const origin = new URL(document.currentScript.src).origin;
  const known = document.cookie.split("; ").find((pair) => pair.startsWith(`${NAME}=`));
  const session = known?.slice(NAME.length + 1) ?? crypto.getRandomValues(new Uint32Array(2)).join("");
  document.cookie = `${NAME}=${session}; Max-Age=${HALF_HOUR}; Path=/; SameSite=Lax`;

  const slot = document.querySelector("[data-advert]");
  if (slot) {
    const picture = document.createElement("img");
    picture.src = `${origin}/advert.svg`;
    picture.alt = "";
    picture.width = picture.height = 96;
    const name = document.createElement("p");
    name.className = "advert-name";
    name.textContent = "Draw what you see";
    const text = document.createElement("p");
    text.textContent = "An evening course in scientific drawing. No such course exists: this is a stand-in.";
    const words = document.createElement("div");
    words.append(name, text);
    const body = document.createElement("div");
    body.className = "advert-body";
    body.lang = "en";
    body.append(picture, words);
    slot.replaceChildren(body);
  }

  const groups = (window.studyAds ?? []).map((entry) => entry.group).join(", ");
  window.demoLog?.("ads", `ads.js ran, told of page group: ${groups || "none"}`);
})();
