(() => {
  const $ = id => document.getElementById(id);

  // What is on its way: look again until it is through, and leave the keyboard where it is.
  const refresh = async () => {
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
      if (answer.ok && fresh.querySelector('main[data-pending]')) setTimeout(refresh, 700);
    } catch { setTimeout(refresh, 3000); }
  };
  if (document.querySelector('main[data-pending]')) setTimeout(refresh, 300);

  const secret = $('secret'), generate = $('generate');
  if (secret && generate) {
    const replace = () => { const choice = $('secret_action-replace'); if (choice) choice.checked = true; };
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
