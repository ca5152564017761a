// The page of the API: buttons that copy the examples, and what an address leads to is unfolded. It can be read without this script.

import "./docs.css";

/** Puts text on the clipboard; over plain HTTP browsers have only the old way. */
async function copy(node: Element): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(node.textContent ?? "");
  getSelection()?.selectAllChildren(node);
  if (!document.execCommand("copy")) throw new Error("refused");
}

for (const button of document.querySelectorAll<HTMLButtonElement>(".command button")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await copy(button.previousElementSibling!);
      button.textContent = "Đã chép / Copied";
    } catch {
      button.textContent = "Ctrl+C";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 2000);
  });
}

/** Unfolds what the address names, and what it lies in. */
function unfold(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  const own = target.querySelector<HTMLDetailsElement>(":scope > .whole");
  if (own) own.open = true;
  for (let node: Element | null = target; node !== null; node = node.parentElement) {
    if (node instanceof HTMLDetailsElement) node.open = true;
  }
  target.scrollIntoView();
}

addEventListener("hashchange", unfold);
// A second click on the same link changes no hash.
document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
  if (link?.hash === location.hash) unfold();
});
// On a narrow screen the page begins with itself, not with its contents.
if (matchMedia("(max-width: 56rem)").matches) {
  document.querySelector<HTMLDetailsElement>(".menu details")!.open = false;
}
unfold();
