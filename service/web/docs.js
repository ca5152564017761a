// Buttons that copy the examples; without this script a click on an example selects it.

/** Puts text on the clipboard; over plain HTTP browsers have only the old way. */
async function copy(pre) {
  if (navigator.clipboard) return navigator.clipboard.writeText(pre.textContent);
  const selection = getSelection();
  selection.selectAllChildren(pre);
  if (!document.execCommand("copy")) throw new Error("refused");
}

for (const button of document.querySelectorAll(".command button")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await copy(button.previousElementSibling);
      button.textContent = "Đã chép / Copied";
    } catch {
      button.textContent = "Ctrl+C";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// On a narrow screen the page begins with itself, not with its contents.
if (matchMedia("(max-width: 56rem)").matches) document.querySelector(".menu details").open = false;
