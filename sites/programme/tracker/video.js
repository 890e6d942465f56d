// The stand-in player: start and stop the drawing's animation, and tell the page that it ran.

const play = document.getElementById("play");

play.addEventListener("click", () => {
  const playing = document.body.classList.toggle("playing");
  play.textContent = playing ? "❚❚" : "▶";
  play.setAttribute("aria-label", playing ? "Pause" : "Play");
  if (playing) tell("lecture played");
});

function tell(text) {
  // Any page may embed this and the message holds nothing private, so any origin may read it.
  parent.postMessage({ demo: "ran", category: "functional", text }, "*");
}

tell("lecture player loaded");
