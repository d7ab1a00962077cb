"""How the HTML report looks, and what little it does: both stand in the page itself."""

from typing import Final

from bitbucket_hooks.html.style import BASE

_OWN: Final = """
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.count { color: var(--soft); font-weight: 400; font-size: .9rem; margin-left: .3rem; }
li { display: flex; gap: .6rem; padding: .18rem 0; }
li > div { min-width: 0; flex: 1; overflow-wrap: anywhere; }
.sign {
  flex: none; width: 1.35rem; height: 1.35rem; margin-top: .09rem; border-radius: 50%;
  display: inline-flex; align-items: center; justify-content: center;
  color: var(--tone); border: 1.5px solid currentColor; font: 700 .85rem/1 ui-monospace, monospace;
}
article {
  background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--tone);
  border-radius: 8px; padding: .7rem .95rem; margin-top: .6rem; break-inside: avoid-page;
}
article h3 { display: flex; gap: .6rem; }
article h3 > span:last-child { min-width: 0; overflow-wrap: anywhere; }
article > ul, article > details, article > .names { margin: .3rem 0 0 1.95rem; }
article li .sign { border: 0; width: 1rem; height: 1.5rem; margin: 0; }
details { margin-top: .15rem; }
.names { columns: 15rem auto; column-gap: 1.2rem; margin-top: .25rem; }
.names li { display: block; break-inside: avoid; padding: .08rem 0; }
.few { display: flex; flex-wrap: wrap; gap: .1rem .5rem; }
.wide li { display: block; padding: .12rem 0; overflow-wrap: anywhere; }
.filter[hidden], [data-out] { display: none !important; }
@media (max-width: 32rem) {
  article { padding: .6rem .7rem; }
  article > ul, article > details, article > .names { margin-left: 0; }
}
@media print {
  .filter { display: none; }
  h2 { break-after: avoid; }
}
"""

STYLE: Final = BASE + _OWN

SCRIPT: Final = """
(() => {
  const box = document.querySelector('.filter'), input = document.getElementById('filter');
  const folds = [...document.querySelectorAll('details')];
  addEventListener('beforeprint', () => folds.forEach(f => { f.was = f.open; f.open = true; }));
  addEventListener('afterprint', () => folds.forEach(f => { f.open = f.was; }));
  if (!box) return;
  box.hidden = false;
  const told = box.querySelector('output');
  const cards = [...document.querySelectorAll('article')].map(card => ({
    card, section: card.parentElement, text: card.textContent.toLowerCase(),
    head: card.querySelector('h3').textContent.toLowerCase(),
    items: [...card.querySelectorAll('details li')].map(
      item => ({ item, fold: item.closest('details'), text: item.textContent.toLowerCase() })),
  }));
  const show = (element, on) => element.toggleAttribute('data-out', !on);
  const filter = () => {
    const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const fits = text => words.every(word => text.includes(word));
    let found = 0;
    for (const { card, text, head, items } of cards) {
      const on = fits(text), some = words.length && !fits(head) && items.some(i => fits(i.text));
      show(card, on);
      found += on;
      const open = new Set();
      for (const { item, fold, text } of items) {
        const fit = !some || fits(text);
        show(item, fit);
        if (some && fit) open.add(fold);
      }
      for (const { fold } of items) fold.open = open.has(fold);
    }
    for (const section of new Set(cards.map(c => c.section)))
      show(section, cards.some(c => c.section === section && !c.card.hasAttribute('data-out')));
    told.textContent = words.length ? `${found} of ${cards.length}` : '';
  };
  let due;
  input.addEventListener('input', () => { clearTimeout(due); due = setTimeout(filter, 80); });
})();
"""
