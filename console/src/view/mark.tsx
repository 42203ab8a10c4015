import url from './mark.svg';

export function Mark() {
  return <img className="mark" src={url} alt="" width="22" height="22" />;
}
