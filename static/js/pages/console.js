// Go to the search box from anywhere with "/", as long as nobody is typing.
document.addEventListener("keydown", (event) => {
  const box = document.getElementById("search");
  const target = event.target instanceof Element ? event.target : null;
  const isTyping = target?.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping || !box) return;
  event.preventDefault();
  box.focus();
});
