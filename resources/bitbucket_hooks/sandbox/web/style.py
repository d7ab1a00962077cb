"""How the pages look, and the little that they do by themselves; all works without it."""

from __future__ import annotations

from typing import Final

from bitbucket_hooks.html.style import BASE

_OWN: Final = """
.top { display: flex; flex-wrap: wrap; gap: .1rem .9rem; align-items: baseline;
  padding: .6rem 1.25rem; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { font-weight: 650; color: inherit; text-decoration: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; display: block; padding: .5rem 1.25rem; }
a { color: var(--link); }
a:focus-visible, pre:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--link);
  outline-offset: 2px; border-radius: 4px; }
.trail ol { list-style: none; display: flex; flex-wrap: wrap; margin: 0 0 .4rem; padding: 0;
  font-size: .92rem; }
.trail li { overflow-wrap: anywhere; }
.trail li + li::before { content: "/"; color: var(--soft); margin: 0 .45rem; }
main > p, main > form, main > table, #live > * { margin-top: .9rem; }
main > .context { margin-top: .15rem; }
.notice { border: 1px solid var(--add); border-left-width: 4px; border-radius: 8px;
  padding: .5rem .9rem; background: var(--card); }
.nothing { padding: 1.2rem 0; color: var(--soft); }
table { width: 100%; border-collapse: collapse; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; }
th { text-align: left; font-size: .85rem; font-weight: 600; color: var(--soft);
  padding: .5rem .8rem; }
td { border-top: 1px solid var(--line); padding: .55rem .8rem; vertical-align: top; }
.actions > div { display: flex; flex-wrap: wrap; gap: .2rem .9rem; }
.keys li { line-height: 1.6; }
.keys code { overflow-wrap: normal; }
td:first-child { min-width: 18rem; }
td:not(:first-child) .badge, td summary { white-space: nowrap; }
.badge { display: inline-block; border: 1px solid var(--tone, var(--line)); border-radius: 99px;
  padding: 0 .55rem; margin: 0 .3rem .2rem 0; font-size: .85rem; color: var(--tone, var(--soft));
  overflow-wrap: anywhere; }
.button { display: inline-block; font: inherit; cursor: pointer; color: var(--link);
  background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .4rem .9rem; text-decoration: none; }
.button:hover { border-color: var(--link); }
a.first, form.hook .buttons .button { background: var(--link); border-color: var(--link);
  color: var(--card); }
.button.danger { background: var(--delete); border-color: var(--delete); color: var(--card); }
.buttons { display: flex; flex-wrap: wrap; gap: .6rem 1.1rem; align-items: center; }
[role=switch] { width: 2.75rem; height: 1.5rem; padding: 2px; margin-bottom: .35rem;
  cursor: pointer; background: var(--card); border: 1px solid var(--soft); border-radius: 99px; }
[role=switch]::before { content: ""; display: block; width: 1.1rem; height: 1.1rem;
  border-radius: 50%; background: var(--soft); }
[role=switch][aria-checked=true] { background: var(--add); border-color: var(--add); }
[role=switch][aria-checked=true]::before { background: var(--card); margin-left: auto; }
.workspaces, .workspaces ul { display: flex; flex-wrap: wrap; gap: .1rem .9rem; }
.workspaces { margin-top: .9rem; }
.pages { display: flex; gap: 1.1rem; margin-top: .9rem; }
.card, form.hook > fieldset { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; padding: .9rem 1.1rem; min-width: 0; }
#live > .card, #live + .card { margin-top: 1.1rem; }
.card .filter { margin-top: .7rem; }
select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: .4rem .6rem; max-width: 100%; min-width: 0; }
form.hook { display: grid; gap: 1.1rem; max-width: 54rem; margin-top: 1.1rem; }
.field label, legend { font-weight: 650; }
legend { padding: 0; }
fieldset { margin: 0; border: 0; padding: 0; min-width: 0; }
form.hook > fieldset > legend { float: left; width: 100%; margin-bottom: .35rem; }
form.hook > fieldset > legend + * { clear: both; }
.field input { display: block; width: 100%; max-width: none; margin-top: .25rem; }
.beside { display: flex; flex-wrap: wrap; gap: .6rem; clear: both; }
.choice { display: flex; gap: .55rem; align-items: baseline; padding: .12rem 0; }
.choice input { flex: none; margin: 0; transform: translateY(.08em); width: 1rem; height: 1rem;
  accent-color: var(--link); }
.hint { color: var(--soft); font-size: .92rem; margin: 0 0 .4rem 1.6rem; }
fieldset .context { font-size: .92rem; margin-top: .4rem; }
.full { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr));
  gap: .9rem 1.2rem; margin: .6rem 0 0 1.6rem; }
.triggers:not(:has(#triggers-full:checked)) .full { display: none; }
.problem { color: var(--delete); margin-top: .3rem; flex-basis: 100%; }
[aria-invalid] { border-color: var(--delete); }
div.first { margin-top: 1rem; }
.headers { margin: .4rem 0 .7rem; display: grid; grid-template-columns: max-content 1fr;
  gap: .1rem 1rem; }
.headers dd { font: .86em/1.5 ui-monospace, Menlo, Consolas, monospace; color: inherit;
  overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: 8px; padding: .7rem .9rem; margin: .4rem 0 0;
  font: .82rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; max-height: 32rem;
  overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
[hidden] { display: none; }
@media (max-width: 68rem) {
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  table { border: 0; background: none; }
  tbody tr { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
    margin-top: .6rem; padding: .4rem 0; }
  td { border: 0; padding: .15rem .8rem; display: grid; grid-template-columns: 6.5rem 1fr;
    gap: .5rem; }
  td > div { min-width: 0; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .85rem; }
  td:first-child { display: block; min-width: 0; }
  td:not(:first-child) .badge { white-space: normal; }
  .keys code { overflow-wrap: anywhere; }
  td:first-child::before { content: none; }
  .headers { grid-template-columns: 1fr; }
  .headers dd { margin-bottom: .3rem; }
  .full { margin-left: 0; }
}
"""

STYLE: Final = BASE + _OWN

SCRIPT: Final = r"""
(() => {
  const $ = id => document.getElementById(id);

  // What is on its way: look again until it is through, and leave the keyboard where it is.
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
      if (answer.status >= 500) throw answer;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const now = $('live'), next = fresh.getElementById('live');
      if (now && next && now.innerHTML !== next.innerHTML) {
        const at = now.contains(document.activeElement) && document.activeElement.href;
        now.innerHTML = next.innerHTML;
        if (at) [...now.querySelectorAll('a')].find(link => link.href === at)?.focus();
      }
      if (answer.ok && fresh.querySelector('main[data-pending]')) setTimeout(look, 700);
    } catch { setTimeout(look, 3000); }
  };
  if (document.querySelector('main[data-pending]')) setTimeout(look, 300);

  const secret = $('secret'), generate = $('generate');
  if (secret && generate) {
    const replace = () => { const one = $('fate-replace'); if (one) one.checked = true; };
    secret.addEventListener('input', replace);
    generate.hidden = false;
    generate.addEventListener('click', () => {
      const bytes = crypto.getRandomValues(new Uint8Array(30));
      secret.value = btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_');
      secret.type = 'text';  // to be copied now: it is not shown again
      replace();
      secret.focus();
      secret.select();
    });
  }
})();
"""
