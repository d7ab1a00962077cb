(() => {
  const box = document.querySelector('.filter'), input = document.getElementById('filter');
  const folds = [...document.querySelectorAll('details')];
  addEventListener('beforeprint', () => folds.forEach(f => { f.was = f.open; f.open = true; }));
  addEventListener('afterprint', () => folds.forEach(f => { f.open = f.was; }));
  if (!box) return;
  box.hidden = false;
  const output = box.querySelector('output');
  const cards = [...document.querySelectorAll('article')].map(card => ({
    card, section: card.parentElement, text: card.textContent.toLowerCase(),
    head: card.querySelector('h3').textContent.toLowerCase(),
    items: [...card.querySelectorAll('details li')].map(
      item => ({ item, fold: item.closest('details'), text: item.textContent.toLowerCase() })),
  }));
  const show = (element, on) => element.toggleAttribute('data-out', !on);
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
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
    output.textContent = words.length ? `${found} of ${cards.length}` : '';
  };
  let due;
  input.addEventListener('input', () => { clearTimeout(due); due = setTimeout(filter, 80); });
})();
