// Puts the browser's colour picker beside a field for a colour; without scripts one types it.
(function () {
  document.querySelectorAll("input[data-colour]").forEach(function (field) {
    var picker = document.createElement("input");
    picker.type = "color";
    picker.setAttribute("aria-label", "Choose the accent colour");
    function follow() { if (/^#[0-9a-f]{6}$/i.test(field.value)) { picker.value = field.value; } }
    picker.addEventListener("input", function () { field.value = picker.value; });
    field.addEventListener("input", follow);
    var pair = document.createElement("span");
    pair.className = "colour";
    field.before(pair);
    pair.append(field, picker);
    picker.value = field.value || "#1f6f6b";
    follow();
  });
})();
