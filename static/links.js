// Copying with links in it: mail programs take the words with the addresses behind them.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy-rich]");
  if (!button) return;
  const selection = getSelection();
  selection.selectAllChildren(document.getElementById(button.dataset.copyRich));
  document.execCommand("copy"); // the one way that also works on plain http, and takes words and links at once
  selection.removeAllRanges();
  button.classList.add("is-copied");
  say(button.dataset.copied);
  setTimeout(() => button.classList.remove("is-copied"), 1600);
});
