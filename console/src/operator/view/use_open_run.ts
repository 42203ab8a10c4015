import { useEffect, useState } from 'react';

const kPrefix = '#/runs/';

function inAddress(): string {
  const { hash } = window.location;
  return hash.startsWith(kPrefix) ? decodeURIComponent(hash.slice(kPrefix.length)) : '';
}

/** Which run is looked at is in the address: a link to it can be passed on, and the back button closes it. */
export function useOpenRun() {
  const [openRun, setOpenRun] = useState(inAddress);
  useEffect(() => {
    const look = () => setOpenRun(inAddress());
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  return {
    openRun,
    open: (id: string) => {
      window.location.hash = kPrefix + encodeURIComponent(id);
    },
    close: () => {
      window.history.replaceState(null, '', window.location.pathname);
      setOpenRun('');
    },
  };
}
