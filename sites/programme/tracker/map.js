// The stand-in map: zoom by narrowing the drawing's view box, and tell the page that it ran.

const map = document.getElementById("map");
let zoom = 1;

function show() {
  const width = 800 / zoom;
  const height = 500 / zoom;
  map.setAttribute("viewBox", `${534 * (1 - 1 / zoom)} ${350 * (1 - 1 / zoom)} ${width} ${height}`);
}

document.getElementById("closer").addEventListener("click", () => {
  zoom = Math.min(4, zoom * 1.5);
  show();
});
document.getElementById("wider").addEventListener("click", () => {
  zoom = Math.max(1, zoom / 1.5);
  show();
});
// Any page may embed this and the message holds nothing private, so any origin may read it.
parent.postMessage({ demo: "ran", category: "functional", text: "campus map loaded" }, "*");
