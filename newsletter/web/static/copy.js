// Puts a "Copy" button beside each piece of text that is there to be copied; without scripts one selects it by hand.
(function () {
  if (!navigator.clipboard) { return; }
  document.querySelectorAll("textarea[data-copy]").forEach(function (text) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "Copy";
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(text.value).then(function () { button.textContent = "Copied"; }, function () { text.select(); });
    });
    text.after(button);
  });
})();
