"""What our HTML pages look like: colours, light and dark, figures, fields. Nothing is fetched."""

from typing import Final

BASE: Final = """
:root {
  --back: #f6f7f9; --card: #fff; --ink: #1c2330; --soft: #5b6577; --line: #dfe3ea; --code: #eef1f5;
  --add: #13795b; --change: #8a5a00; --delete: #b3261e; --drift: #7b3fb5; --keep: #5b6577;
  --link: #1f5fbf; --first: #fff7e8; --first-line: #efd9a7; --warn: #a4304f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #12161d; --card: #1a2029; --ink: #e4e8ef; --soft: #9aa5b8; --line: #2c3440;
    --code: #262e3a; --add: #57c79e; --change: #e2b65c; --delete: #ff8a80; --drift: #c99bf2;
    --keep: #9aa5b8; --link: #86b4ff; --first: #272216; --first-line: #584a26; --warn: #ff9db5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: 1.75rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 .6rem; }
h3 { font-size: 1rem; font-weight: 400; margin: 0; }
p { margin: 0; }
.context { color: var(--soft); margin-top: .15rem; overflow-wrap: anywhere; }
.verdict { font-size: 1.1rem; margin-top: .8rem; }
code {
  font: .86em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  background: var(--code); border-radius: 4px; padding: .1em .32em; overflow-wrap: anywhere;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
}
.name { font-weight: 650; overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.1rem 0 0; }
.figures div {
  display: flex; flex-direction: column-reverse; justify-content: flex-end;
  flex: 1 1 8rem; max-width: 13rem;
  background: var(--card); border: 1px solid var(--line); border-top: 3px solid var(--tone);
  border-radius: 8px; padding: .5rem .8rem .6rem;
}
dt { color: var(--soft); font-size: .85rem; line-height: 1.3; }
dd { margin: 0; font-size: 1.55rem; line-height: 1.2; font-weight: 650; color: var(--tone);
     font-variant-numeric: tabular-nums; }
.add { --tone: var(--add); } .change { --tone: var(--change); } .delete { --tone: var(--delete); }
.drift { --tone: var(--drift); } .keep { --tone: var(--keep); } .warn { --tone: var(--warn); }
.fail { --tone: var(--delete); }
section { margin-top: 1.6rem; }
.first {
  background: var(--first); border: 1px solid var(--first-line); border-radius: 10px;
  padding: .9rem 1.1rem;
}
ul { list-style: none; margin: 0; padding: 0; }
summary { cursor: pointer; color: var(--link); width: fit-content; border-radius: 4px; }
input {
  flex: 1 1 15rem; max-width: 30rem; min-width: 0; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .4rem .7rem;
}
::placeholder { color: var(--soft); opacity: 1; }
output { color: var(--soft); font-size: .9rem; }
footer { margin-top: 2rem; padding-top: .9rem; border-top: 1px solid var(--line);
         color: var(--soft); font-size: .92rem; }
summary:focus-visible, input:focus-visible, button:focus-visible, select:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px;
}
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .7rem;
          margin-top: 1.6rem; }
@media (max-width: 32rem) {
  main { padding: 1.1rem .8rem 2rem; }
  .figures { gap: .45rem; }
  .figures div { flex-basis: 6.2rem; padding: .4rem .6rem .5rem; }
  dd { font-size: 1.3rem; }
  .first { padding: .75rem .8rem; }
}
@media print {
  :root { --back: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f2f2f2;
          --first: #fff; --first-line: #888; --add: #0d5c45; --change: #6b4600; --delete: #8c1d18;
          --drift: #5c2d8a; --keep: #444; --link: #000; --warn: #7d1f3a; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
}
"""
