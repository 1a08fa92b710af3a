document.getElementById('protocol').textContent = performance.getEntriesByType('navigation')[0].nextHopProtocol;
fetch('/api/connection')
  .then((response) => response.json())
  .then((json) => { document.getElementById('connection').textContent = JSON.stringify(json, null, 2); });
