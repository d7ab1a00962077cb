"""How the inventory's page looks and what it does: both stand in the page itself."""

from typing import Final

from bitbucket_hooks.html.style import BASE

_OWN: Final = """
main { max-width: 88rem; }
.figures > * {
  flex: 1 1 6.5rem; max-width: 11rem; font: inherit; color: inherit; text-align: left;
  display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--line);
  border-top: 3px solid var(--tone); border-radius: 8px; padding: .5rem .8rem .6rem;
}
.figures b { font-size: 1.55rem; line-height: 1.2; font-weight: 650; color: var(--tone);
             font-variant-numeric: tabular-nums; }
.figures small { color: var(--soft); font-size: .85rem; line-height: 1.3; }
button { cursor: pointer; }
.figures button:disabled { cursor: default; opacity: .55; }
.figures button:not(:disabled):hover { border-color: var(--tone); }
.figures button[aria-pressed=true] { background: var(--tone); border-color: var(--tone); }
.figures button[aria-pressed=true] :is(b, small) { color: var(--card); }
:where(.figures > *) { --tone: var(--keep); }
.insecure, .missing { --tone: var(--delete); } .doubled, .shared { --tone: var(--change); }
.inactive { --tone: var(--keep); } .drifted { --tone: var(--drift); }
.unmanaged { --tone: var(--link); } .managed { --tone: var(--add); }
.no-secret { --tone: var(--change); }
.filter { position: sticky; top: 0; z-index: 1; background: var(--back); padding: .6rem 0;
          margin: 1rem 0 0; }
.filter label { color: var(--soft); font-size: .9rem; }
select, .more, .clear {
  font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: .4rem .6rem; max-width: 100%;
}
.filter .sorting { display: none; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; background: var(--card);
        border: 1px solid var(--line); font-size: .93rem; }
col.where { width: 17%; } col.events { width: 15%; } col.findings { width: 22%; }
col.declared { width: 13%; } col.created { width: 7.2rem; }
thead th { padding: 0; text-align: left; border-bottom: 1px solid var(--line); }
thead button { font: 600 .85rem/1.4 inherit; font-family: inherit; color: var(--soft); width: 100%;
               text-align: left; background: none; border: 0; padding: .5rem .6rem; }
thead button:hover { color: var(--ink); }
thead th[aria-sort=ascending] button::after { content: " ▲"; }
thead th[aria-sort=descending] button::after { content: " ▼"; }
td { padding: .5rem .6rem; vertical-align: top; border-top: 1px solid var(--line);
     overflow-wrap: anywhere; }
td.where { font-weight: 600; } td.where small { display: block; font-weight: 400; }
td small, td.events, td.created { color: var(--soft); }
.fold { font: inherit; color: inherit; background: none; border: 0; padding: 0 0 0 1rem;
        width: 100%; text-align: left; overflow-wrap: anywhere; border-radius: 4px; }
.fold::before { content: "▸"; float: left; margin-left: -1rem; }
.fold[aria-expanded=true]::before { content: "▾"; }
.fold .url { display: block; color: var(--soft); font-size: .9em; }
.facts td { border-top: 0; padding-top: 0; }
.facts dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem .9rem;
            margin: 0; padding: .5rem .8rem; background: var(--code); border-radius: 8px; }
.facts dd { font-size: inherit; font-weight: 400; line-height: 1.4; color: inherit; }
.badges { display: flex; flex-wrap: wrap; gap: .25rem; }
.badge { color: var(--tone); border: 1px solid currentColor; border-radius: 99px; font-size: .8rem;
         line-height: 1.35; padding: .05rem .5rem; white-space: nowrap; }
.group td { background: var(--code); padding: 0; }
.group button { font: inherit; font-weight: 650; color: inherit; background: none; border: 0;
  width: 100%; text-align: left; padding: .5rem .6rem; display: flex; flex-wrap: wrap;
  gap: .3rem .6rem; align-items: center; overflow-wrap: anywhere; }
.group button::before { content: "▸"; } .group button[aria-expanded=true]::before { content: "▾"; }
.group .count { font-weight: 400; color: var(--soft); }
.more { display: block; margin: .8rem auto 0; }
[hidden] { display: none !important; }
.nothing { padding: 1.5rem 0; color: var(--soft); }
@media (max-width: 52rem) {
  .filter { position: static; display: grid; grid-template-columns: max-content minmax(0, 1fr); }
  .filter .sorting { display: inline; }
  .filter input { max-width: none; }
  .filter :is(output, .clear) { grid-column: 2; justify-self: start; }
  table, tbody, tr, td { display: block; }
  colgroup, thead { display: none; }
  table { border: 0; background: none; }
  tbody tr { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
             margin-top: .5rem; padding: .35rem 0; }
  tbody tr.group { padding: 0; overflow: hidden; }
  tbody tr.facts { margin-top: -.5rem; border-top: 0; border-radius: 0 0 8px 8px; }
  td { border: 0; padding: .12rem .7rem; }
  td:empty, td:has(> :only-child:empty) { display: none; }
  td.created::before { content: "created "; }
}
@media (max-width: 32rem) {
  .figures > * { flex-basis: 5.6rem; padding: .35rem .55rem .4rem; }
  .figures b { font-size: 1.25rem; }
  td.where { padding-bottom: 0; }
}
@media print { .filter, .more { display: none; } }
"""

STYLE: Final = BASE + _OWN

SCRIPT: Final = r"""
(() => {
  const $ = id => document.getElementById(id);
  const { hooks, known } = JSON.parse($('data').textContent);
  const CHUNK = 60, MANY = 300;
  const body = $('rows'), more = $('more'), told = $('told'), input = $('filter');
  const watch = new IntersectionObserver(
    seen => seen.some(one => one.isIntersecting) && grow(CHUNK), { rootMargin: '600px' });
  const make = (name, kind, text) => {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const title = hook => hook.description || '(no description)';
  const declared = hook => hook.declared.join(', ') || hook.standing;
  hooks.forEach((hook, number) => {
    hook.number = number;
    hook.kinds = new Set(hook.findings.map(one => one[0]));
    hook.marks = new Set([...hook.kinds, ...(hook.declared.length ? ['managed'] : [])]);
    hook.text = [hook.where, hook.project, hook.description, hook.url, hook.uuid, declared(hook),
      ...hook.events, ...hook.findings.flat()].join('\n').toLowerCase();
  });
  const KEYS = {
    where: hook => hook.where, hook: hook => title(hook) + hook.url,
    events: hook => hook.events.length, findings: hook => -hook.findings.length,
    declared, created: hook => hook.created || '',
  };
  const GROUPS = {
    host: hook => hook.host || '(no host)', declared,
    where: hook => hook.where, project: hook => hook.project || '(no project)',
    finding: hook => [...hook.kinds].join(', ') || 'no findings',
  };
  const order = new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare;
  const compare = (a, b) => typeof a === 'number' ? a - b : order(a, b);
  const chosen = new Set(), turned = new Map();
  let by = 'where', down = false, items = [], shown = 0, folded = false;

  const sorted = () => {
    const key = KEYS[by], sign = down ? -1 : 1;
    return hooks.map(hook => [key(hook), hook])
      .sort((a, b) => sign * compare(a[0], b[0]) || a[1].number - b[1].number).map(one => one[1]);
  };
  let inOrder = sorted();

  const fitting = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    folded = !words.length && !chosen.size && hooks.length > MANY;
    return inOrder.filter(hook => words.every(word => hook.text.includes(word))
      && [...chosen].every(kind => hook.marks.has(kind)));
  };
  const grouped = found => {
    const key = GROUPS[$('group').value];
    if (!key) return found;
    const groups = new Map();
    for (const hook of found) {
      const name = key(hook);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(hook);
    }
    return [...groups].sort((a, b) => order(a[0], b[0])).flatMap(([name, inside]) => {
      const open = turned.get(name) ?? !folded;
      return [{ name, inside, open }, ...(open ? inside : [])];
    });
  };
  const show = (least = CHUNK) => {
    const found = fitting();
    items = grouped(found);
    body.textContent = '';
    shown = 0;
    grow(least);
    told.textContent = found.length === hooks.length ? ''
      : `${found.length.toLocaleString('en')} of ${hooks.length.toLocaleString('en')}`;
    $('nothing').hidden = found.length > 0;
    $('clear').hidden = !input.value && !chosen.size;
  };
  const grow = count => {
    const rows = document.createDocumentFragment();
    for (const item of items.slice(shown, shown + count)) {
      rows.append(item.inside ? heading(item) : row(item));
    }
    body.append(rows);
    shown = Math.min(items.length, shown + count);
    more.hidden = shown === items.length;
    watch.unobserve(more);  // and again: it tells where the button is by now
    watch.observe(more);
  };

  const toned = (kind, inside) => {  // what comes of one code alone has the tone of that code
    const codes = new Set(inside.flatMap(hook => hook.findings)
      .filter(([other]) => other === kind).map(([, code]) => code));
    return codes.size === 1 ? `${kind} ${[...codes][0]}` : kind;
  };
  const badge = (kind, text, hint) => {
    const element = make('span', `badge ${kind}`, text);
    if (hint) element.title = hint;
    return element;
  };
  const heading = ({ name, inside, open }) => {
    const line = make('tr', 'group'), cell = make('td'), button = make('button', '', '');
    button.type = 'button';
    button.setAttribute('aria-expanded', open);
    button.dataset.name = name;
    const count = `${inside.length.toLocaleString('en')} hook${inside.length > 1 ? 's' : ''}`;
    button.append(make('span', '', name), make('span', 'count', count));
    for (const kind of KINDS) {
      const count = inside.filter(hook => hook.marks.has(kind)).length;
      const text = `${count.toLocaleString('en')} ${kind}`;
      if (count) button.append(badge(toned(kind, inside), text));
    }
    cell.colSpan = known ? 6 : 5;
    cell.setAttribute('role', 'cell');
    line.setAttribute('role', 'row');
    cell.append(button);
    line.append(cell);
    return line;
  };
  const KINDS = [...document.querySelectorAll('[data-kind]')].map(one => one.dataset.kind);
  const WORDS = { 'no-certificate-check': 'no certificate check', 'no-secret': 'no secret',
    http: 'http', covers: 'doubled', covered: 'doubled by workspace', twin: 'doubled' };
  const cell = (kind, ...inside) => {
    const element = make('td', kind);
    element.setAttribute('role', 'cell');
    element.append(...inside);
    return element;
  };
  const row = hook => {
    const line = make('tr');
    line.setAttribute('role', 'row');
    const where = cell('where', hook.where);
    if (hook.project || hook.ofWorkspace) {
      where.append(make('small', '', hook.ofWorkspace ? 'workspace hook' : hook.project));
    }
    const fold = make('button', 'fold', title(hook));
    fold.type = 'button';
    fold.setAttribute('aria-expanded', false);
    fold.append(make('span', 'url', hook.url));
    fold.addEventListener('click', () => {
      const open = fold.getAttribute('aria-expanded') !== 'true';
      fold.setAttribute('aria-expanded', open);
      if (open) line.after(facts(hook));
      else line.nextElementSibling.remove();
    });
    const badges = make('span', 'badges');
    badges.append(...hook.findings.map(
      ([kind, code, text]) => badge(`${kind} ${code}`, WORDS[code] || code, text)));
    const [first, ...others] = hook.events;
    const told = others.length ? `${first} + ${others.length} more` : first || '';
    line.append(where, cell('hook', fold), cell('events', told), cell('findings', badges));
    if (known) {
      line.append(cell('declared', hook.declared.length ? hook.declared.join(', ')
        : make('small', '', hook.standing === 'unmanaged' ? '' : hook.standing)));
    }
    line.append(cell('created', (hook.created || '').slice(0, 10)));
    return line;
  };
  const facts = hook => {
    const line = make('tr', 'facts'), inside = cell('', make('dl')), list = inside.firstChild;
    line.setAttribute('role', 'row');
    inside.colSpan = known ? 6 : 5;
    line.append(inside);
    const all = { ...hook.facts, events: hook.events.join(' '), uuid: hook.uuid };
    const found = hook.findings.map(([kind,, text]) => [kind, text]);
    for (const [name, value] of [...Object.entries(all), ...found]) {
      list.append(make('dt', '', name), make('dd', '', value));
    }
    return line;
  };

  const sort = (key, downwards) => {
    by = key;
    down = downwards;
    inOrder = sorted();
    for (const head of document.querySelectorAll('th[data-by]')) {
      const on = head.dataset.by === by;
      head.setAttribute('aria-sort', on ? down ? 'descending' : 'ascending' : 'none');
    }
    $('sort').value = by;
    show();
  };
  for (const head of document.querySelectorAll('th[data-by]')) {
    const key = head.dataset.by;
    head.firstElementChild.addEventListener('click', () => sort(key, key === by && !down));
  }
  for (const tile of document.querySelectorAll('[data-kind]')) {
    tile.addEventListener('click', () => {
      const { kind } = tile.dataset, on = !chosen.delete(kind);
      if (on) chosen.add(kind);
      tile.setAttribute('aria-pressed', on);
      show();
    });
  }
  body.addEventListener('click', event => {
    const button = event.target.closest('.group button');
    if (!button) return;
    const { name } = button.dataset;
    turned.set(name, button.getAttribute('aria-expanded') !== 'true');
    show(Math.max(shown, CHUNK));
    [...body.querySelectorAll('.group button')].find(one => one.dataset.name === name)?.focus();
  });
  const clear = () => {
    input.value = '';
    chosen.clear();
    for (const one of document.querySelectorAll('[data-kind]')) {
      one.setAttribute('aria-pressed', false);
    }
    show();
    input.focus();
  };
  $('clear').addEventListener('click', clear);
  $('group').addEventListener('change', () => { turned.clear(); show(); });
  $('sort').addEventListener('change', () => sort($('sort').value, false));
  input.addEventListener('input', () => { turned.clear(); show(); });
  more.addEventListener('click', () => grow(CHUNK));
  addEventListener('keydown', event => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    } else if (event.key === 'Escape' && (input.value || chosen.size)) clear();
  });
  addEventListener('beforeprint', () => grow(items.length));
  $('tools').hidden = false;
  sort(by, down);
})();
"""
