// Whoever gives a day or an hour means "Later"; without this script the server asks.
(function () {
  var later = document.getElementById("later");
  ["date", "time"].forEach(function (id) {
    var field = document.getElementById(id);
    if (later && field) { field.addEventListener("input", function () { later.checked = true; }); }
  });
})();
