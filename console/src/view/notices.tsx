interface Props {
  offline: boolean;
  durable: boolean;
  missing: boolean;
}

/** What is wrong with the page as a whole, and what it means for the user. */
export function Notices({ offline, durable, missing }: Props) {
  return (
    <div className="notices" role="status">
      {offline && (
        <p className="notice">
          <strong>You are offline.</strong> Questions under way go on at the server. Their answers appear here when the
          connection is back.
        </p>
      )}
      {!durable && (
        <p className="notice">
          <strong>This browser does not let the page store anything.</strong> Answers are kept at the server and stay in
          this thread, but a question sent just before a reload may be lost. Keep this tab open, or allow storage for this site.
        </p>
      )}
      {missing && !offline && (
        <p className="notice">
          <strong>Earlier questions of this thread could not be read.</strong> They are kept at the server; reload to try again.
        </p>
      )}
    </div>
  );
}
