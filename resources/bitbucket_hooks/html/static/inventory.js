(() => {
  const $ = id => document.getElementById(id);
  const { hooks, known } = JSON.parse($('data').textContent);
  const CHUNK = 60, MANY = 300;
  const body = $('rows'), more = $('more'), matches = $('matches'), input = $('filter');
  const watch = new IntersectionObserver(
    entries => entries.some(entry => entry.isIntersecting) && grow(CHUNK), { rootMargin: '600px' });
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
    hook.kinds = new Set(hook.findings.map(([kind]) => kind));
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
      .sort((a, b) => sign * compare(a[0], b[0]) || a[1].number - b[1].number).map(([, hook]) => hook);
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
    matches.textContent = found.length === hooks.length ? ''
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
  const KINDS = [...document.querySelectorAll('[data-kind]')].map(tile => tile.dataset.kind);
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
    const events = others.length ? `${first} + ${others.length} more` : first || '';
    line.append(where, cell('hook', fold), cell('events', events), cell('findings', badges));
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
    [...body.querySelectorAll('.group button')].find(found => found.dataset.name === name)?.focus();
  });
  const clear = () => {
    input.value = '';
    chosen.clear();
    for (const tile of document.querySelectorAll('[data-kind]')) {
      tile.setAttribute('aria-pressed', false);
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
